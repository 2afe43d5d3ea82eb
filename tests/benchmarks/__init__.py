"""Tests of what the benchmarks are made of; they themselves measure and assert nothing."""
