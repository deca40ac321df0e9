//! The catalogue lock: a file beside the application's source with the published terms. A change of the terms
//! of existing subscribers without a new `version` fails the application's own tests.

use std::path::Path;

use serde_json::Value;

use crate::domain::catalogue::CatalogueData;

/// The treatment of a lock that is valid but out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Write the lock, for a developer who then commits the change.
    Write,
    /// Fail, for continuous integration, where the change must be committed already.
    Compare,
}

impl LockMode {
    /// `Compare` if the environment variable `CI` is set, as common CI services do; else `Write`.
    pub fn from_environment() -> Self {
        if std::env::var_os("CI").is_some() { Self::Compare } else { Self::Write }
    }
}

/// Checks a catalogue against the lock in this file. Applications call it through
/// [`assert_catalog_unchanged!`](crate::assert_catalog_unchanged).
///
/// Errors: a plan whose terms changed without a new version, whose version fell, or which was removed without
/// having been retired; a file that cannot be read, is no lock, or cannot be written; with
/// [`Compare`](LockMode::Compare) one that is not up to date. The text names each difference and its remedy.
pub fn check_catalogue_lock(catalogue: &CatalogueData, path: &Path, mode: LockMode) -> Result<(), String> {
    let file = path.display();
    let current = lock(catalogue)?;
    let locked = match std::fs::read_to_string(path) {
        Ok(locked) => Some(locked),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("cannot read the lock `{file}`: {error}")),
    };
    if let Some(locked) = &locked {
        let changes = changes(&parsed(locked, path)?, &parsed(&current, path)?);
        if !changes.is_empty() {
            return Err(format!("the published terms in `{file}` were changed:\n{}", changes.join("\n")));
        }
        if *locked == current {
            return Ok(());
        }
    }
    match mode {
        LockMode::Write => {
            std::fs::write(path, current).map_err(|error| format!("cannot write the lock `{file}`: {error}"))
        }
        LockMode::Compare => Err(format!(
            "the lock `{file}` is not up to date: run the tests on your machine, which writes it, and commit it"
        )),
    }
}

fn lock(catalogue: &CatalogueData) -> Result<String, String> {
    let text = serde_json::to_string_pretty(&catalogue.terms());
    text.map(|text| text + "\n").map_err(|error| format!("a catalogue does not serialise: {error}"))
}

fn parsed(text: &str, path: &Path) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        format!("`{}` is no catalogue lock ({error}): restore it from version control", path.display())
    })
}

/// The changes that affect existing subscribers, by plan.
fn changes(locked: &Value, current: &Value) -> Vec<String> {
    let plans =
        |catalogue: &Value| catalogue.get("plans").and_then(Value::as_array).cloned().unwrap_or_default();
    let operations = current.get("operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let current = plans(current);
    let of_plan = |mut locked: Value| {
        let name = text(&locked, "name");
        match current.iter().find(|plan| is_named(plan, &name)) {
            Some(current) => {
                let mut current = current.clone();
                order_unlimited(&mut locked, &mut current, &operations);
                plan_changes(&name, &locked, &current)
            }
            None if locked.get("retired") == Some(&Value::Bool(true)) => Vec::new(),
            None => vec![format!(
                "  plan `{name}` is no longer declared\n  help: its subscribers go on, so keep it and add `retired`"
            )],
        }
    };
    plans(locked).into_iter().flat_map(of_plan).collect()
}

/// Orders the unlimited operations of a plan, and gives those that were renamed their locked names.
fn order_unlimited(locked: &mut Value, current: &mut Value, operations: &[Value]) {
    let before = locked.get_mut("unlimited").and_then(Value::as_array_mut);
    let now = current.get_mut("unlimited").and_then(Value::as_array_mut);
    let (Some(before), Some(now)) = (before, now) else { return };
    for name in now.iter_mut() {
        let operation = operations.iter().find(|operation| operation.get("name") == Some(&*name));
        let is_it = |known: &&Value| {
            operation.zip(known.as_str()).is_some_and(|(operation, known)| is_named(operation, known))
        };
        if let Some(known) = before.iter().find(is_it) {
            *name = known.clone();
        }
    }
    for names in [before, now] {
        names.sort_by_key(|name| name.as_str().map(str::to_owned));
    }
}

fn plan_changes(name: &str, locked: &Value, current: &Value) -> Vec<String> {
    let version = |plan: &Value| plan.get("version").and_then(Value::as_u64).unwrap_or(1);
    let (was, is) = (version(locked), version(current));
    if is > was {
        return Vec::new();
    }
    if is < was {
        let help = format!("help: versions only rise; write `version {was}` or a higher one");
        return vec![format!("  plan `{name}`: version was {was}, is {is}\n  {help}")];
    }
    let mut differences = Vec::new();
    compare("", locked, current, &mut differences);
    // Existing subscribers are not affected when a plan is retired, sold again, or renamed.
    differences.retain(|(field, _)| !["retired", "name", "formerly"].contains(&field.as_str()));
    if differences.is_empty() {
        return Vec::new();
    }
    let lines = differences.into_iter().map(|(_, line)| format!("  plan `{name}`: {line}"));
    let next = was.saturating_add(1);
    let help =
        format!("  help: existing subscribers keep their terms if you write `version {next}` in `{name}`");
    lines.chain([help]).collect()
}

/// Collects the fields that differ, as `gives.amount was 1000, is 1200`.
fn compare(field: &str, was: &Value, is: &Value, differences: &mut Vec<(String, String)>) {
    match (was, is) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                let inner = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                let missing = Value::Null;
                compare(
                    &inner,
                    old.get(name).unwrap_or(&missing),
                    new.get(name).unwrap_or(&missing),
                    differences,
                );
            }
        }
        (was, is) if was != is => {
            differences.push((field.to_owned(), format!("{field} was {}, is {}", shown(was), shown(is))));
        }
        _ => {}
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

/// Whether a plan or an operation has this name, or had it before.
fn is_named(plan: &Value, name: &str) -> bool {
    let former = plan.get("formerly").and_then(Value::as_array);
    text(plan, "name") == name || former.is_some_and(|names| names.iter().any(|former| former == name))
}

fn text(plan: &Value, field: &str) -> String {
    plan.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Fails the test that calls it if the published terms of a plan changed without a new `version`.
///
/// The terms are stored in `credits.lock` beside the crate's `Cargo.toml`, or in the file of the second
/// argument, relative to it. The first run writes the file; commit it.
///
/// ```no_run
/// # use credits_runtime::usage_credits;
/// # usage_credits! {
/// #     operation generate_image { costs 50.credits }
/// # }
/// #[test]
/// fn the_price_list_keeps_its_promises() {
///     credits_runtime::assert_catalog_unchanged!(Pricing);
/// }
/// ```
#[macro_export]
macro_rules! assert_catalog_unchanged {
    ($pricing:ty) => {
        $crate::assert_catalog_unchanged!($pricing, "credits.lock")
    };
    ($pricing:ty, $file:expr) => {
        if let Err(changes) = $crate::testing::check_catalogue_lock(
            &<$pricing>::catalog(),
            &::std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join($file),
            $crate::testing::LockMode::from_environment(),
        ) {
            panic!("{changes}");
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::GivesData;
    use crate::generated::Pricing as _;
    use crate::service::tests::Pricing;

    fn catalogue(version: u32, amount: i64, retired: bool) -> CatalogueData {
        let mut catalogue = CatalogueData::from(Pricing::CATALOGUE);
        catalogue.plans = vec![crate::domain::catalogue::PlanData {
            name: "pro".to_owned(),
            version,
            retired,
            gives: Some(GivesData { amount, asset: String::new(), every: "month".to_owned() }),
            stripe_prices: Vec::new(),
            signup_bonus: 0,
            trial_includes: 0,
            unused_credits: "expire".to_owned(),
            expire_after: None,
            on_upgrade: "prorated".to_owned(),
            in_advance: false,
            meta: Vec::new(),
            formerly: Vec::new(),
            named: "Pro".to_owned(),
            docs: String::new(),
            costs: Vec::new(),
            processor_prices: Vec::new(),
            unlimited: None,
        }];
        catalogue
    }

    #[test]
    fn a_lock_lets_pass_what_subscribers_do_not_notice_and_names_what_they_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credits.lock");
        let check = |catalogue: &CatalogueData, mode| {
            let outcome = check_catalogue_lock(catalogue, &path, mode);
            outcome.map_err(|text| text.replace(&path.display().to_string(), "credits.lock"))
        };
        let stale = "the lock `credits.lock` is not up to date: run the tests on your machine, which writes it, and \
                     commit it";
        assert_eq!(check(&catalogue(1, 1_000, false), LockMode::Compare), Err(stale.to_owned()));
        assert_eq!(check(&catalogue(1, 1_000, false), LockMode::Write), Ok(()));
        assert_eq!(check(&catalogue(1, 1_000, false), LockMode::Compare), Ok(()));
        assert_eq!(
            check(&catalogue(1, 1_200, false), LockMode::Write),
            Err("the published terms in `credits.lock` were changed:\n  \
                 plan `pro`: gives.amount was 1000, is 1200\n  \
                 help: existing subscribers keep their terms if you write `version 2` in `pro`"
                .to_owned())
        );
        let gone = CatalogueData { plans: Vec::new(), ..catalogue(1, 1_000, false) };
        assert_eq!(
            check(&gone, LockMode::Write),
            Err(
                "the published terms in `credits.lock` were changed:\n  plan `pro` is no longer declared\n  \
                 help: its subscribers go on, so keep it and add `retired`"
                    .to_owned()
            )
        );
        assert_eq!(check(&catalogue(2, 1_200, true), LockMode::Write), Ok(()));
        assert_eq!(
            check(&catalogue(1, 1_000, true), LockMode::Write),
            Err("the published terms in `credits.lock` were changed:\n  plan `pro`: version was 2, is 1\n  \
                 help: versions only rise; write `version 2` or a higher one"
                .to_owned())
        );
        let mut renamed = catalogue(2, 1_200, true);
        renamed.plans[0].name = "studio".to_owned();
        renamed.plans[0].formerly = vec!["pro".to_owned()];
        renamed.plans[0].named = "Studio".to_owned();
        assert_eq!(check(&renamed, LockMode::Write), Ok(()));
        // Unlimited operations are terms; their order and new names are not.
        let with_unlimited = |names: &[&str]| {
            let mut catalogue = catalogue(3, 1_200, true);
            catalogue.plans[0].unlimited = Some(names.iter().map(|&name| name.to_owned()).collect());
            catalogue.operations.truncate(1);
            catalogue.operations[0].formerly = vec!["drawn".to_owned()];
            catalogue
        };
        let operation = with_unlimited(&[]).operations[0].name.clone();
        assert_eq!(check(&with_unlimited(&["drawn", "copy"]), LockMode::Write), Ok(()));
        assert_eq!(check(&with_unlimited(&["copy", &operation]), LockMode::Write), Ok(()));
        let fewer = check(&with_unlimited(&["copy"]), LockMode::Write).unwrap_err();
        assert!(fewer.contains("unlimited was "), "{fewer}");
        assert_eq!(check(&gone, LockMode::Write), Ok(()));
        std::fs::write(&path, "something else").unwrap();
        assert!(check(&gone, LockMode::Write).unwrap_err().contains("is no catalogue lock"));
    }
}
