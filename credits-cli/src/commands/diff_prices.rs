//! `diff-prices`: the price list of the ledger beside another one in a file.

use std::collections::BTreeSet;
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
use crate::show::{Table, Terminal, list};

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

/// Words for people, which are no terms.
const WORDS: &[&str] = &["docs", "named"];
/// What the ledger does not keep of an item, so that a list read from it alone lacks it.
const UNKEPT: &[&str] = &["inputs", "meta", "processor_prices", "stripe_prices"];

/// Items that differ in the order of the file, then those that it lacks, then settings.
fn differences(present: &CatalogueData, other: &CatalogueData) -> Result<Vec<Difference>, Failure> {
    let (mut now, thens, mut found) = (items(present)?, items(other)?, Vec::new());
    let are_whole = [&now, &thens].into_iter().all(|items| items.iter().any(is_whole));
    for then in thens {
        let is_same = |known: &Item| {
            known.kind == then.kind && (known.name == then.name || then.formerly.contains(&known.name))
        };
        let before = now.iter().position(is_same).map(|place| now.remove(place));
        let others = before.as_ref().map(|before| other_terms(before, &then, are_whole)).unwrap_or_default();
        let (before, mut after) = (before.as_ref().map(words), words(&then));
        let is_said = before.as_ref() != Some(&after);
        if !is_said && !others.is_empty() {
            let other = format!("(other terms: {})", list(&others));
            after = if after.is_empty() { other } else { format!("{after} {other}") };
        }
        if is_said || !others.is_empty() {
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

/// Whether an item has what no ledger keeps, so that its list is that of an application.
fn is_whole(item: &Item) -> bool {
    let is_filled = |value: &Value| value.as_array().is_some_and(|values| !values.is_empty());
    UNKEPT.iter().any(|name| item.terms.get(*name).is_some_and(is_filled))
}

/// The names of the members in which an item differs, in their order.
fn other_terms(before: &Item, then: &Item, are_whole: bool) -> Vec<String> {
    let is_term =
        |name: &&String| !WORDS.contains(&name.as_str()) && (are_whole || !UNKEPT.contains(&name.as_str()));
    let (now, then) = (&before.terms, &then.terms);
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).filter(is_term).collect();
    names.into_iter().filter(|name| now.get(*name) != then.get(*name)).cloned().collect()
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
