//! Nothing here: see the benchmarks beside this file.
