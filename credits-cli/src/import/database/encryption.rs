//! How a connection to PostgreSQL is encrypted: what `sslmode` and `sslrootcert` of its address ask for, and whose
//! certificates are trusted.
//!
//! It does not know what is read over the connection.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::import::error::ImportError;

/// The file of trusted certificates, where the address names none. `libpq` reads it as well.
const ROOT_FILE_VARIABLE: &str = "PGSSLROOTCERT";
/// The names of the parameters in an address.
const MODE: &str = "sslmode";
const ROOT_FILE: &str = "sslrootcert";

/// A server, and how the connection to it is encrypted.
pub(super) struct Server {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Server {
    /// Reads an address. Without `sslmode`, a connection to another machine is encrypted and one within this machine is not.
    /// An encrypted one is always verified, as `verify-full` does.
    pub(super) fn at(url: &str) -> Result<Self, ImportError> {
        let (url, asked) = Asked::split_from(url);
        let mut config: Config =
            url.parse().map_err(|error| ImportError::database("reading its address", error))?;
        config.ssl_mode(asked.mode(&config)?);
        let roots = match asked.root_file {
            Some(file) => certificates(&file)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        Ok(Self { config, tls: MakeRustlsConnect::new(client(roots)?) })
    }
}

/// The parameters that this file reads in place of the client.
struct Asked {
    mode: Option<String>,
    root_file: Option<String>,
}

impl Asked {
    /// An address without these parameters, and the parameters.
    fn split_from(url: &str) -> (String, Self) {
        let mut asked = Self { mode: None, root_file: std::env::var(ROOT_FILE_VARIABLE).ok() };
        let Some((server, query)) = url.split_once('?') else { return (url.to_owned(), asked) };
        let mut others = Vec::new();
        for pair in query.split('&') {
            match form_urlencoded::parse(pair.as_bytes()).next() {
                Some((name, value)) if name == MODE => asked.mode = Some(value.into_owned()),
                Some((name, value)) if name == ROOT_FILE => asked.root_file = Some(value.into_owned()),
                _ => others.push(pair),
            }
        }
        (format!("{server}?{}", others.join("&")), asked)
    }

    fn mode(&self, config: &Config) -> Result<SslMode, ImportError> {
        match self.mode.as_deref() {
            None if config.get_hosts().iter().all(is_local) => Ok(SslMode::Disable),
            None | Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
            Some("allow" | "prefer") => Ok(SslMode::Prefer),
            Some("disable") => Ok(SslMode::Disable),
            Some(other) => {
                let rule = format!("`{other}` is no sslmode: write require, prefer or disable");
                Err(ImportError::database("reading its address", rule))
            }
        }
    }
}

/// Whether a server is on this machine.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The certificates of a PEM file.
fn certificates(file: &str) -> Result<RootCertStore, ImportError> {
    let action = || format!("reading the certificates of `{file}`");
    let mut roots = RootCertStore::empty();
    let found =
        CertificateDer::pem_file_iter(file).map_err(|error| ImportError::database(action(), error))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| ImportError::database(action(), error))?;
        roots.add(certificate).map_err(|error| ImportError::database(action(), error))?;
    }
    if roots.is_empty() {
        return Err(ImportError::database(action(), "it has no certificate in the PEM format"));
    }
    Ok(roots)
}

fn client(roots: RootCertStore) -> Result<ClientConfig, ImportError> {
    // Named, because an application may have a second implementation in its build.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ImportError::database("starting TLS", error))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        Server::at(url).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn a_connection_to_another_machine_is_encrypted_unless_it_is_told_otherwise() {
        for url in ["postgres://db.example.com/app", "postgres://10.0.0.7/app?application_name=import"] {
            assert_eq!(mode(url), SslMode::Require, "{url}");
        }
        for url in
            ["postgres://localhost/app", "postgres://[::1]/app", "postgres:///app?host=/run/postgresql"]
        {
            assert_eq!(mode(url), SslMode::Disable, "{url}");
        }
        assert_eq!(mode("postgres://db.example.com/app?sslmode=disable&connect_timeout=5"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/app?sslmode=verify-full"), SslMode::Require);
        assert_eq!(mode("postgres://localhost/app?connect_timeout=5&sslmode=prefer"), SslMode::Prefer);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let said = |url: &str| Server::at(url).map(|_| ()).unwrap_err().to_string();
        assert!(said("postgres://localhost/app?sslmode=of-course").contains("`of-course` is no sslmode"));
        assert!(said("postgres://localhost/app?sslrootcert=%2Fnowhere.pem").contains("`/nowhere.pem`"));
        let empty = tempfile::NamedTempFile::new().unwrap();
        let path = empty.path().to_str().unwrap();
        assert!(said(&format!("postgres://localhost/app?sslrootcert={path}")).contains("no certificate"));
    }
}
