"""Training: the only place with backward passes, optimiser steps and train/eval switches."""
