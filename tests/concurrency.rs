//! Many threads and tasks at once: one wins, sums hold.
