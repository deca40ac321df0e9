//! While a definition is typed, code that uses it is quiet: every name is there, whatever is broken.
//!
//! The README's definitions are cut at every token; each cut is a module of one crate, with call sites of what it
//! names, and the compiler's errors must all be within the definitions. The crate has several parts, for several processors.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[path = "../../credits-macros/src/tests/cuts.rs"]
mod cuts;

use cuts::{cuts, definitions};

/// The operation whose field has a name once its cost can be read.
const WITH_PAGES: &str = "operation process_document {\n        costs 5.credits + 1.credit_per(page)";

/// Code below a definition, and what of it must be there for the code to mean something.
const SITES: &[(&[&str], &str)] = &[
    (&[], "user.give_credits(20).reason(\"signup\").key(\"welcome\").now().wait()?;"),
    (&[], "let _ = Credits::open(\"credits.redb\")?.wallet(\"user:42\").credits()?;"),
    (&[], "fn name(operation: &Operation) -> &'static str { operation.name() }"),
    (&[" pro "], "let _ = (Plan::Pro, Plan::Pro.spec().version, Plan::ALL, Plan::from_name(\"pro\"));"),
    (&[" pro "], "fn plan(plan: Plan) -> u8 { match plan { Plan::Pro => 1 } }"),
    (&["studio"], "fn plan(plan: Plan) -> u8 { match plan { Plan::Studio => 1 } }"),
    (&["refill"], "let _ = Pack::Refill.checkout(\"user:42\");"),
    (
        &["operation generate_image"],
        "let _ = user.spend_credits_on(Operation::GenerateImage).run(|| paint(\"a cat\"))?;",
    ),
    (
        &["operation generate_image"],
        "let _ = (Operation::generate_image().cost()?, Operation::GENERATE_IMAGE_COST);",
    ),
    (
        &["process_document"],
        "user.spend_credits_on(Operation::process_document(12)).key(\"k\").now().wait()?;",
    ),
    (&["process_document"], "let _ = user.estimate_credits_to(Operation::process_document(12))?;"),
    (&[WITH_PAGES], "let _ = Operation::ProcessDocument { pages: 3.into() };"),
    (&["transcribe"], "let _ = user.has_enough_credits_to(Operation::transcribe(Duration::from_secs(95)))?;"),
    (
        &["process_document", "transcribe"],
        "let hold = user.spend_credits_on(Operation::transcribe(1)).hold(Duration::from_secs(9)).wait()?; \
         hold.settle_for(Operation::process_document(9)).wait()?;",
    ),
];

/// Binaries that the modules are shared among: the compiler checks them side by side.
const PARTS: usize = 4;

/// The flags with which `trybuild` builds the dependencies of fixtures. With other flags they would be built once more.
const FLAGS_OF_DEPENDENCIES: &[&str] = &[
    "--config=build.rustflags=[\"--cfg\", \"trybuild\", \"--verbose\", \"-A\", \"dead_code\"]",
    "--target",
    "host-tuple",
];

/// What stands before the call sites of a module, and begins the lines that must be quiet.
const SITE: &str = "    fn site_";

#[test]
fn code_is_quiet_while_a_definition_is_typed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    let moments: Vec<String> = definitions(&readme).iter().flat_map(|definition| cuts(definition)).collect();
    let parts: Vec<String> = moments.chunks(moments.len().div_ceil(PARTS)).map(program).collect();
    let (mut broken, mut noise) = (0, String::new());
    for (source, errors) in parts.iter().zip(errors(root, &parts)) {
        broken += judge(source, &errors, &mut noise);
    }
    assert!(broken > 150, "{broken} errors");
    assert!(noise.is_empty(), "{noise}");
}

/// Writes down the errors at call sites of broken definitions. Returns the number of errors within definitions.
fn judge(source: &str, errors: &[(usize, String)], noise: &mut String) -> usize {
    let lines: Vec<&str> = source.lines().collect();
    let module_of = |line: usize| lines[..line].iter().rposition(|line| line.starts_with("mod ")).unwrap();
    let is_site = |line: usize| lines[line - 1].starts_with(SITE);
    // A cut that is a whole definition has other terms, and code is held to them.
    let broken: Vec<usize> =
        errors.iter().filter(|(line, _)| !is_site(*line)).map(|(line, _)| module_of(*line)).collect();
    for (line, message) in errors {
        if is_site(*line) && broken.contains(&module_of(*line)) {
            let moment = lines[module_of(*line)..*line].join("\n");
            writeln!(noise, "{message}\n{moment}\n").unwrap();
        }
    }
    broken.len()
}

/// A module for each moment, with the call sites whose words are there.
fn program(moments: &[String]) -> String {
    let mut program = String::from(
        "#![allow(dead_code, unused)]\nuse std::time::Duration;\nuse credits_runtime::{stripe::SellPack as _, usage_credits};\n\
         fn paint(_: &str) -> Result<String, std::io::Error> { Ok(String::new()) }\nfn main() {}\n",
    );
    for (place, moment) in moments.iter().enumerate() {
        write!(program, "mod moment_{place} {{\nuse super::*;\nusage_credits! {{\n{moment}\n}}\n").unwrap();
        let sites = SITES.iter().filter(|(needs, _)| needs.iter().all(|needed| moment.contains(needed)));
        for (number, (_, code)) in sites.enumerate() {
            writeln!(
                program,
                "{SITE}{number}(user: &Wallet) -> Result<(), Box<dyn std::error::Error>> {{ {code} Ok(()) }}"
            )
            .unwrap();
        }
        program.push_str("}\n");
    }
    program
}

/// Every error of each part, with its line. They are built with the target folder of the fixtures.
fn errors(root: &Path, parts: &[String]) -> Vec<Vec<(usize, String)>> {
    let target = root.join("../target/tests/trybuild");
    let project = root.join("../target/tests/editing");
    let binaries = project.join("src/bin");
    if binaries.exists() {
        fs::remove_dir_all(&binaries).unwrap();
    }
    fs::create_dir_all(&binaries).unwrap();
    for (number, part) in parts.iter().enumerate() {
        fs::write(binaries.join(file(number)), part).unwrap();
    }
    fs::write(project.join("Cargo.toml"), manifest(root)).unwrap();
    fs::copy(root.join("../Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let checked = Command::new(cargo)
        .args(["check", "--quiet", "--offline", "--keep-going", "--message-format=short"])
        .args(FLAGS_OF_DEPENDENCIES)
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let shown = String::from_utf8(checked.stderr).unwrap();
    let errors_of = |number| shown.lines().filter_map(|line| error(line, number)).collect::<Vec<_>>();
    let errors: Vec<_> = (0..parts.len()).map(errors_of).collect();
    assert!(errors.iter().all(|errors| !errors.is_empty()), "{shown}");
    errors
}

/// A manifest with the dependencies of the fixtures, so that they are built once for the parts and the fixtures.
fn manifest(root: &Path) -> String {
    let workspace = fs::read_to_string(root.join("../Cargo.toml")).unwrap();
    let own = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let versions = section(&workspace, "[workspace.dependencies]");
    let absolute = format!("path = \"{}/", root.join("..").display());
    format!(
        "[package]\nname = \"editing\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [workspace.dependencies]\n{}[dependencies]\n{}",
        versions.replace("path = \"", &absolute),
        section(&own, "[dev-dependencies]").replace("trybuild.workspace = true\n", "")
    )
}

/// The lines of a section of a manifest.
fn section<'a>(manifest: &'a str, heading: &str) -> &'a str {
    let (_, after) = manifest.split_once(heading).unwrap();
    after.split_once("\n[").map_or(after, |(lines, _)| lines).trim_start()
}

fn file(part: usize) -> String {
    format!("part_{part}.rs")
}

/// `src/bin/part_0.rs:8:5: error: message`
fn error(line: &str, part: usize) -> Option<(usize, String)> {
    let place = line.strip_prefix("src/bin/")?.strip_prefix(&file(part))?;
    let (place, message) = place.strip_prefix(':')?.split_once(": error")?;
    let (line, _) = place.split_once(':')?;
    Some((line.parse().ok()?, message.to_owned()))
}
