"""Tests of the layer: both clients, both generations."""
