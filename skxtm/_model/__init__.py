"""What the estimators are made of: functions that take the state and plain values, never an estimator."""
