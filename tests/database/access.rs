//! What the server does not let a program do: each refusal names what to do, and nothing is booked in part.

use std::time::Duration;

use credits_runtime::billing::Happening;
use credits_runtime::{Error, LedgerError, Rejection, RunError};

use super::cluster::Cluster;
use super::connect;
use super::orders::{event, paid, shop};

/// The rights without which a program cannot do its work.
const NEEDED: [(&str, &[&str]); 9] = [
    ("ledger", &["SELECT"]),
    ("lanes", &["SELECT", "INSERT", "UPDATE"]),
    ("wallets", &["SELECT", "INSERT", "UPDATE"]),
    ("records", &["SELECT", "INSERT", "UPDATE"]),
    ("journal", &["SELECT", "INSERT"]),
    ("keys", &["SELECT", "INSERT", "UPDATE"]),
    ("totals", &["INSERT", "UPDATE"]),
    ("waiting", &["SELECT", "INSERT", "DELETE"]),
    ("waiting_under", &["SELECT", "INSERT", "DELETE"]),
];

/// Does what an application does, for an owner who is new.
fn work(url: &str, number: usize) -> Result<(), Error> {
    let credits = shop::Credits::builder().lanes(1).answer_within(Duration::from_secs(5)).connect(url)?;
    let (ann, customer) = (credits.wallet(format!("ann{number}")), format!("cus_{number}"));
    ann.give_credits(10).key("gift").now().wait()?;
    let hold = ann.spend_credits_on(shop::Operation::step()).key("held").hold(Duration::from_hours(1));
    match hold.wait() {
        Ok(hold) => drop(ann.settle(hold.into_id()).wait()?),
        Err(Error::Rejected(Rejection::HoldClosed { .. })) => {}
        Err(error) => return Err(error),
    }
    // The hold of the second attempt is the second use of its key, and its charge the third.
    let attempt = || ann.spend_credits_on(shop::Operation::step()).key("run");
    for done in [attempt().run(|| Err("failed")), attempt().run(|| Ok(()))] {
        match done {
            // The hold may be left open where it could not be released.
            Ok(()) | Err(RunError::Work(_) | RunError::AlreadyCharged(_) | RunError::Rejected(_)) => {}
            Err(RunError::Ledger(error)) => return Err(error.into()),
            Err(RunError::Unsettled { error, .. }) => return Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }
    ann.credits()?;
    credits.receive(event(&customer, None, paid(&format!("cs_{number}")))).wait()?;
    credits.receive(event(&customer, Some(&format!("ann{number}")), Happening::OwnerNamed)).wait()?;
    Ok(())
}

fn ledger_error(result: Result<impl Sized, Error>) -> LedgerError {
    match result {
        Err(Error::Ledger(error)) => error,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was done"),
    }
}

#[test]
fn a_missing_right_is_named_with_its_table_and_what_grants_it() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, role) = (cluster.database(), "program_without_a_right");
    cluster.run(&url, &format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN"));
    drop(shop::Credits::builder().migrate().connect(&url).unwrap());
    let as_role = url.replacen("credits@", &format!("{role}@"), 1);
    let mut number = 0;
    for (table, rights) in NEEDED {
        for right in rights {
            cluster.run(
                &url,
                &format!(
                    "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; REVOKE {right} ON {table} FROM {role};
                    UPDATE lanes SET held_until = 9e18"
                ),
            );
            number += 1;
            let refused = ledger_error(work(&as_role, number)).to_string();
            assert!(
                refused.contains(&format!("permission denied for table {table}")),
                "{right} on {table}: {refused}"
            );
            assert!(refused.contains("docs/recipes/postgres.md"), "{right} on {table}: {refused}");
        }
    }
    // Whatever was written before a refusal is whole, and is not written again.
    cluster.run(&url, &format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"));
    for number in 1..=number + 1 {
        work(&as_role, number).unwrap();
    }
    let credits = shop::Credits::connect(&url).unwrap();
    for number in 1..=number + 1 {
        assert_eq!(credits.wallet(format!("ann{number}")).credits().unwrap(), 108, "{number}");
    }
    credits.verify().unwrap();
}

#[test]
fn an_address_that_is_not_admitted_says_what_to_correct() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, role) = (cluster.database(), "program_that_is_not_admitted");
    cluster.run(&url, &format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; CREATE SCHEMA apart"));
    let refused = |url: &str| ledger_error(shop::Credits::connect(url)).to_string();
    let not_made = |url: &str| ledger_error(shop::Credits::builder().migrate().connect(url)).to_string();
    let as_role = url.replacen("credits@", &format!("{role}@"), 1);
    let (database, rest) = url.split_once('?').unwrap();
    let no_database = refused(&format!("{database}_not?{rest}"));
    assert!(
        no_database.contains("does not exist") && no_database.contains("create the database"),
        "{no_database}"
    );
    let nobody = refused(&url.replacen("credits@", "nobody_at_all@", 1));
    assert!(nobody.contains("nobody_at_all") && nobody.contains("correct the user"), "{nobody}");
    let schema = |url: &str, schema: &str| format!("{url}&options=-csearch_path%3D{schema}");
    let no_schema = not_made(&schema(&url, "missing"));
    assert!(no_schema.contains("create the schema"), "{no_schema}");
    // A role without CREATE on the schema, then one without USAGE.
    cluster.run(&url, &format!("GRANT USAGE ON SCHEMA apart TO {role}"));
    let no_create = not_made(&schema(&as_role, "apart"));
    assert!(
        no_create.contains("permission denied for schema apart") && no_create.contains("CREATE"),
        "{no_create}"
    );
    drop(connect(&schema(&url, "apart")));
    cluster.run(&url, &format!("REVOKE ALL ON SCHEMA apart FROM {role}"));
    let no_usage = refused(&schema(&as_role, "apart"));
    assert!(no_usage.contains("USAGE"), "{no_usage}");
}

#[test]
fn a_full_server_and_one_that_may_not_be_written_say_so() {
    let Some(cluster) = Cluster::start_with(&["max_connections=4", "superuser_reserved_connections=0"])
    else {
        return;
    };
    let url = cluster.database();
    let name = super::name_of(&url);
    drop(connect(&url));
    cluster.run(&url, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let credits = shop::Credits::builder().lanes(1).answer_within(Duration::from_millis(300)).connect(&url);
    let read_only = match credits {
        // Its terms were declared by another program with another price list.
        Ok(credits) => ledger_error(credits.wallet("ann").give_credits(1).now().wait()),
        Err(error) => ledger_error(Err::<(), _>(error)),
    };
    assert!(read_only.to_string().contains("target_session_attrs=read-write"), "{read_only}");
    cluster.run(
        &url,
        &format!("BEGIN READ WRITE; ALTER DATABASE {name} RESET default_transaction_read_only; COMMIT"),
    );
    let sessions: Vec<_> = (0..4).map(|_| cluster.session(&url)).collect();
    let full = ledger_error(shop::Credits::connect(&url)).to_string();
    assert!(full.contains("too many clients") && full.contains("raise the server's limit"), "{full}");
    drop(sessions);
}
