//! Random commands against a naive model of the rules.
