"""Torch layers that several backbones use."""
