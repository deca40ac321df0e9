//! What the Ruby system did on random sequences, step by step.
