//! Closed, killed, opened again: everything acknowledged is found.
