//! Parts of pages: tiles, tables, charts, forms. They know no ledger.

pub(crate) mod chart;
pub(crate) mod coded;
pub(crate) mod field;
pub(crate) mod tile;
