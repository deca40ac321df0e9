//! Databases over TLS: encrypted and verified, or refused with what to do.

use std::path::Path;

use credits_cli::import;

use crate::Pricing;
use crate::cluster::Cluster;
use crate::databases::statements;
use crate::history::options;
use crate::recorded::Rows;
use crate::tables::{Schema, System};

#[test]
fn a_database_is_read_over_tls_once_its_certificate_is_known() {
    let Some((cluster, port)) = Cluster::start_encrypted() else { return };
    let rows = Rows::of("credits");
    let local = cluster.database();
    cluster.run(&local, &statements(&rows, Schema::UsageCredits10, System::Postgres));
    let name = local.split('?').next().unwrap().rsplit('/').next().unwrap();
    let url = |host: &str, query: &str| format!("postgres://credits@{host}:{port}/{name}?{query}");
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("credits.redb");
    let authority = Cluster::certificates().join("authority.pem");
    let authority = format!("sslrootcert={}", authority.display());
    let refused = |url: String| {
        let error = import::run::<Pricing>(&options(&ledger, &url, &rows)).unwrap_err().to_string();
        assert!(!Path::new(&ledger).exists(), "{error}");
        error
    };

    // The public authorities do not know it, and its name is another one.
    let unknown = refused(url("127.0.0.1", "sslmode=verify-full&sslrootcert=system"));
    assert!(unknown.contains("UnknownIssuer") && unknown.contains("sslrootcert=<file>"), "{unknown}");
    let other = refused(url("localhost", &format!("sslmode=verify-full&{authority}")));
    assert!(other.contains("not valid for name") && other.contains("(sslmode=require"), "{other}");
    // The server refuses connections without encryption.
    for query in ["", "sslmode=disable"] {
        let plain = refused(url("127.0.0.1", query));
        assert!(plain.contains("pg_hba.conf") && plain.contains("(with sslmode=verify-full"), "{plain}");
    }

    for query in ["sslmode=prefer", "sslmode=require", &format!("{authority}&sslmode=verify-full")] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("credits.redb");
        let report = import::run::<Pricing>(&options(&ledger, &url("127.0.0.1", query), &rows)).unwrap();
        assert!(report.is_equal(), "{report}");
    }
    // A socket has no encryption, whatever the address says: the tables are looked for.
    let Some(plain) = Cluster::start() else { return };
    let socket = plain.database();
    assert!(
        import::run::<Pricing>(&options(&ledger, &format!("{socket}&sslmode=require"), &rows))
            .is_err_and(|error| error.to_string().contains("is missing"))
    );
}
