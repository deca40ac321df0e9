//! The mechanical rules of the house, over every source file.
