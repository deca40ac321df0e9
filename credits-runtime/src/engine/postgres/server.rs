//! A server of PostgreSQL: what its address says, how the connection to it is encrypted, and whose certificates are trusted.
//!
//! It knows no tables.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::in_words;

/// The file of trusted certificates, where the address names none. `libpq` reads it as well.
const ROOT_FILE_VARIABLE: &str = "PGSSLROOTCERT";
/// The parameters of an address that this file reads in place of the client.
const MODE: &str = "sslmode";
const ROOT_FILE: &str = "sslrootcert";
/// The root file that stands for the public authorities.
const PUBLIC: &str = "system";

/// A server, and how the connection to it is encrypted.
#[derive(Clone)]
pub struct PostgresServer {
    /// What its address says.
    pub config: Config,
    /// The encryption of the connection.
    pub tls: MakeRustlsConnect,
}

/// The error of an address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {problem}")]
pub struct AddressError {
    /// What was done.
    pub action: String,
    /// Why it failed, and what helps.
    pub problem: String,
}

fn failed(action: impl Into<String>, problem: &dyn fmt::Display) -> AddressError {
    AddressError { action: action.into(), problem: problem.to_string() }
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    Off,
    /// If the server has it, without verification of its certificate.
    Offered,
    /// Verified only against a named root file.
    Required,
    /// With a certificate for the server's name, of a known authority.
    Verified,
}

impl PostgresServer {
    /// Reads an address. The words of `sslmode` mean what they mean for `libpq`. Without that parameter, a connection to
    /// another machine is verified, and one within this machine is not encrypted.
    pub fn at(url: &str) -> Result<Self, AddressError> {
        Self::of(url, std::env::var_os(ROOT_FILE_VARIABLE))
    }

    fn of(url: &str, usual_roots: Option<OsString>) -> Result<Self, AddressError> {
        let (url, asked) = Asked::split_from(url);
        let mut config: Config =
            url.parse().map_err(|error| failed("reading its address", &in_words(&error)))?;
        let encryption = asked.encryption(&config)?;
        config.ssl_mode(match encryption {
            Encryption::Off => SslMode::Disable,
            Encryption::Offered => SslMode::Prefer,
            Encryption::Required | Encryption::Verified => SslMode::Require,
        });
        let root_file = asked.root_file.map(OsString::from).or(usual_roots).filter(|file| !file.is_empty());
        let trusted = match (encryption, root_file) {
            (Encryption::Off | Encryption::Offered, _) | (Encryption::Required, None) => None,
            (_, Some(file)) if file != PUBLIC => Some(certificates(Path::new(&file))?),
            _ => Some(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
        };
        Ok(Self { config, tls: MakeRustlsConnect::new(client(trusted)?) })
    }
}

/// The parameters of an address.
#[derive(Default)]
struct Asked {
    mode: Option<String>,
    root_file: Option<String>,
}

impl Asked {
    /// An address without these parameters, and the parameters. As for the client, a `?` before the `@` is part of a password.
    fn split_from(url: &str) -> (String, Self) {
        let mut asked = Self::default();
        let server = url.find('@').unwrap_or_default();
        let (credentials, rest) = url.split_at(server);
        let Some((place, query)) = rest.split_once('?') else { return (url.to_owned(), asked) };
        let mut others = Vec::new();
        for pair in query.split('&') {
            // A plus sign is itself, unlike in a form.
            match form_urlencoded::parse(pair.replace('+', "%2B").as_bytes()).next() {
                Some((name, value)) if name == MODE => asked.mode = Some(value.into_owned()),
                Some((name, value)) if name == ROOT_FILE => asked.root_file = Some(value.into_owned()),
                _ => others.push(pair),
            }
        }
        (format!("{credentials}{place}?{}", others.join("&")), asked)
    }

    fn encryption(&self, config: &Config) -> Result<Encryption, AddressError> {
        match self.mode.as_deref() {
            // A server has no encryption on its socket.
            _ if config.get_hostaddrs().is_empty() && config.get_hosts().iter().all(is_socket) => {
                Ok(Encryption::Off)
            }
            None if is_local(config) => Ok(Encryption::Off),
            None | Some("verify-ca" | "verify-full") => Ok(Encryption::Verified),
            Some("require") => Ok(Encryption::Required),
            Some("allow" | "prefer") => Ok(Encryption::Offered),
            Some("disable") => Ok(Encryption::Off),
            Some(other) => {
                let rule = format!("`{other}` is no sslmode: write verify-full, require, prefer or disable");
                Err(failed("reading its address", &rule))
            }
        }
    }
}

/// Whether every server is on this machine. Addresses come before names, which are for certificates then.
fn is_local(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn is_socket(host: &Host) -> bool {
    match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The certificates of a PEM file.
fn certificates(file: &Path) -> Result<RootCertStore, AddressError> {
    let action = || format!("reading the certificates of `{}`", file.display());
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(file).map_err(|error| failed(action(), &error))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| failed(action(), &error))?;
        roots.add(certificate).map_err(|error| failed(action(), &error))?;
    }
    if roots.is_empty() {
        return Err(failed(action(), &"it has no certificate in the PEM format"));
    }
    Ok(roots)
}

/// A client that trusts these authorities, or every server.
fn client(trusted: Option<RootCertStore>) -> Result<ClientConfig, AddressError> {
    // Named, because an application may have a second implementation in its build.
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("starting TLS", &error))?;
    let config = match trusted {
        Some(roots) => config.with_root_certificates(roots),
        None => config.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider))),
    };
    Ok(config.with_no_client_auth())
}

/// Accepts the certificate of every server: the connection is encrypted, and may end at another server.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Encryption {
        let (url, asked) = Asked::split_from(url);
        asked.encryption(&url.parse().unwrap()).unwrap()
    }

    fn said(url: &str, usual_roots: &str) -> String {
        PostgresServer::of(url, Some(usual_roots.into())).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_connection_to_another_machine_is_verified_unless_the_address_says_otherwise() {
        for url in [
            "postgres://db.example.com/app",
            "postgres://10.0.0.7/app?application_name=import",
            "postgres://u:p@localhost/app?hostaddr=10.0.0.7",
            "postgres://u:p@/app?hostaddr=10.0.0.7",
            "postgres://localhost,db.example.com/app",
            "postgres://localhost/app?sslmode=verify-full",
            "postgres://localhost/app?sslmode=verify-ca",
        ] {
            assert_eq!(encryption(url), Encryption::Verified, "{url}");
        }
        for url in [
            "postgres://localhost/app",
            "postgres://[::1]/app",
            "postgres://db.example.com/app?hostaddr=127.0.0.1",
            "postgres:///app?host=/run/postgresql",
            "postgres:///app?host=/run/postgresql&sslmode=require",
            "postgres://db.example.com/app?sslmode=disable&connect_timeout=5",
        ] {
            assert_eq!(encryption(url), Encryption::Off, "{url}");
        }
        assert_eq!(encryption("postgres://u:p?w@localhost/app?sslmode=require"), Encryption::Required);
        assert_eq!(
            encryption("postgres://localhost/app?connect_timeout=5&sslmode=prefer"),
            Encryption::Offered
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(said("postgres://localhost/app?sslmode=of-course", "").contains("`of-course` is no sslmode"));
        let option = said("postgres://localhost/app?pool=5", "");
        assert!(option.contains("`pool`") && option.contains("leave it out"), "{option}");
        let missing = said("postgres://db.example.com/app?sslrootcert=%2Fno+where.pem", "");
        assert!(missing.contains("`/no+where.pem`"), "{missing}");
        assert!(said("postgres://db.example.com/app", "/nowhere.pem").contains("`/nowhere.pem`"));
        let empty = tempfile::NamedTempFile::new().unwrap();
        let path = empty.path().to_str().unwrap();
        assert!(
            said(&format!("postgres://localhost/app?sslmode=verify-full&sslrootcert={path}"), "")
                .contains("no certificate")
        );
    }

    #[test]
    fn a_root_file_is_read_where_it_is_used() {
        for url in ["postgres://localhost/app", "postgres://db.example.com/app?sslmode=disable"] {
            assert!(PostgresServer::of(url, Some("/nowhere.pem".into())).is_ok(), "{url}");
        }
        for roots in ["", "system"] {
            assert!(
                PostgresServer::of("postgres://db.example.com/app", Some(roots.into())).is_ok(),
                "{roots}"
            );
        }
        assert!(
            PostgresServer::of(
                "postgres://db.example.com/app?sslrootcert=system",
                Some("/nowhere.pem".into())
            )
            .is_ok()
        );
    }
}
