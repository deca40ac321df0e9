//! `diff-prices`: the price list of the ledger beside another one in a file.

use std::path::PathBuf;

use clap::Args;
use credits_runtime::catalogue::CatalogueData;
use serde::Serialize;
use serde_json::Value;

use super::price_words::{Item, items};
use super::what_if;
use crate::exit::{Exit, Failure};
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal};

/// The arguments of `diff-prices`.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is what `prices --json` prints, of another version of the application or edited by hand.\n\n\
    Examples:\n  \
    credits prices --json > next.json\n  \
    credits diff-prices next.json"
)]
pub(crate) struct DiffPrices {
    /// The other price list, as JSON
    file: PathBuf,
}

/// An item that differs. A side without it is `None`.
#[derive(Serialize)]
struct Difference {
    kind: &'static str,
    name: String,
    now: Option<String>,
    then: Option<String>,
}

impl DiffPrices {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let other: CatalogueData = what_if::terms(&self.file)?;
        let present: CatalogueData = session.read(&Request::get(Path::of(["catalogue"])))?.read()?;
        let differences = differences(&present, &other)?;
        let value = serde_json::to_value(&differences);
        let value = value.map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        session.terminal.show(&value, || shown(&differences, session.terminal))
    }
}

fn shown(differences: &[Difference], terminal: Terminal) -> String {
    let mut table = Table::new(&["KIND", "NAME", "NOW", "IN THE FILE"]);
    let side = |side: &Option<String>| side.clone().unwrap_or("-".to_owned());
    for difference in differences {
        let Difference { kind, name, now, then } = difference;
        table.row([(*kind).to_owned(), name.clone(), side(now), side(then)]);
    }
    table.shown(terminal.width, "the price lists have the same terms")
}

/// Items that differ in the order of the file, then those that it lacks, then settings.
fn differences(present: &CatalogueData, other: &CatalogueData) -> Result<Vec<Difference>, Failure> {
    let (mut now, mut found) = (items(present), Vec::new());
    for then in items(other) {
        let is_same = |known: &Item| {
            known.kind == then.kind && (known.name == then.name || then.formerly.contains(&known.name))
        };
        let before = now.iter().position(is_same).map(|place| now.remove(place));
        let (before, after) = (before.as_ref().map(words), words(&then));
        if before.as_ref() != Some(&after) {
            found.push(Difference { kind: then.kind, name: then.name, now: before, then: Some(after) });
        }
    }
    found.extend(now.into_iter().map(|item| {
        let now = Some(words(&item));
        Difference { kind: item.kind, name: item.name, now, then: None }
    }));
    found.extend(settings(present, other)?);
    Ok(found)
}

fn words(item: &Item) -> String {
    let parts = [item.gives.as_str(), item.costs.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" for ")
}

/// The settings that differ. Environments are no terms.
fn settings(present: &CatalogueData, other: &CatalogueData) -> Result<Vec<Difference>, Failure> {
    let value = |catalogue: &CatalogueData| {
        let value = serde_json::to_value(&catalogue.terms().settings);
        value.map_err(|error| Failure::new(Exit::Refused, error.to_string()))
    };
    let (now, then) = (value(present)?, value(other)?);
    let names = then.as_object().into_iter().flat_map(|members| members.keys());
    let differing = names.filter(|name| now.get(name.as_str()) != then.get(name.as_str()));
    let text = |side: &Value, name: &str| side.get(name).map(ToString::to_string);
    let difference = |name: &String| Difference {
        kind: "setting",
        name: name.clone(),
        now: text(&now, name),
        then: text(&then, name),
    };
    Ok(differing.map(difference).collect())
}
