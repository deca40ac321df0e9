//! The command line of usage credits.
