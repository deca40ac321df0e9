//! The parts of a request, read with problems that name what is wrong; and the reads that follow.

mod address;
mod body;
mod reading;
mod subject;
mod writer;

use std::sync::Arc;

use super::service::Settings;

pub(super) use address::{Asked, Named, number};
pub(super) use body::{Sent, of_members, take};
pub(super) use reading::{permit, read, read_at_length};
pub(super) use subject::{Account, Audience, OfAsset, Subject};
pub(super) use writer::{Writer, with_options};

/// The state of every route.
pub(super) type Shared = Arc<Settings>;
