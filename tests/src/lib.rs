//! Nothing here: see the folder's other targets.
