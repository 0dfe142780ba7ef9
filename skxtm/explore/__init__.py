"""What people look at: tidy tables of a fitted model's topics and documents."""
