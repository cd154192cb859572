//! Settings: built-in values, then a TOML file, then the environment (`KEJU_…`), then flags.
//! Unknown keys are refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::access::mail::{Carrier, SmtpServer};
use crate::ceremony::Gate;
use crate::kernel::Problem;
use crate::kernel::secret::Secret;
use crate::ledger::policy::Policy;
use crate::ledger::publish::Logs;
use crate::store::Target;

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The one directory that holds all state.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address under which people reach the server, for links in mail.
    pub public_url: String,
    /// A PostgreSQL URL; none uses the embedded SQLite database.
    pub database: Option<Secret>,
    /// How mail leaves.
    pub mail: MailSettings,
    /// Login of the first administrator.
    pub administrator: String,
    /// Token of those who may read `/metrics` from elsewhere; without one, only this machine may.
    pub metrics_token: Option<Secret>,
    /// The witnesses of the log, and how many of them must sign.
    pub log_policy: Policy,
    /// Whether draws by lot may go on that no witness has seen: for rehearsals only.
    pub rehearsal_draws: bool,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Sender address.
    pub from: String,
    /// Mail server; none writes files into the data directory.
    pub smtp_host: Option<String>,
    /// Its port.
    pub smtp_port: u16,
    /// Its user.
    pub smtp_user: Option<String>,
    /// Its password.
    pub smtp_password: Option<Secret>,
}

impl MailSettings {
    /// Opens the way out.
    pub fn carrier(&self, data: &Path) -> Result<Carrier, Problem> {
        match &self.smtp_host {
            None => Carrier::files(&data.join("mail")),
            Some(host) => Carrier::smtp(&SmtpServer {
                host,
                port: self.smtp_port,
                user: self.smtp_user.as_deref(),
                password: self.smtp_password.as_ref(),
            }),
        }
    }
}

/// One layer of settings: a file, the environment or the flags. Later layers win.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Data directory.
    pub data: Option<PathBuf>,
    /// Address to listen on.
    pub listen: Option<String>,
    /// Public address.
    pub public_url: Option<String>,
    /// PostgreSQL URL.
    pub database_url: Option<Secret>,
    /// Sender of mail.
    pub mail_from: Option<String>,
    /// Mail server.
    pub smtp_host: Option<String>,
    /// Its port.
    pub smtp_port: Option<u16>,
    /// Its user.
    pub smtp_user: Option<String>,
    /// Its password.
    pub smtp_password: Option<Secret>,
    /// Login of the first administrator.
    pub administrator: Option<String>,
    /// Who may read `/metrics` from another machine.
    pub metrics_token: Option<Secret>,
    /// File with the witnesses of the log (tlog-policy); without one, nobody must sign.
    pub log_policy: Option<PathBuf>,
    /// `witnessed`, or `rehearsal` for draws by lot that no witness has seen.
    pub draws: Option<String>,
}

/// Why the settings cannot be used. Each names the key or the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not understood.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        message: String,
    },
    /// An environment variable is not understood.
    #[error("the environment variable {name} {message}")]
    Environment {
        /// The variable.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A value is not usable.
    #[error("`{key}`: {message}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong.
        message: String,
    },
}

const PREFIX: &str = "KEJU_";
/// Variables with the prefix that are not settings.
const NOT_SETTINGS: &[&str] = &["KEJU_CONFIG", "KEJU_LOG"];

impl Layer {
    /// Reads a TOML file.
    pub fn file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|e| ConfigError::File {
            path: path.to_owned(),
            message: e.to_string(),
        })
    }

    /// Reads the variables that begin with `KEJU_`. `KEJU_TEST_…` belongs to the test suite.
    pub fn environment(
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = toml::Table::new();
        for (name, value) in variables {
            let ours = name
                .strip_prefix(PREFIX)
                .filter(|rest| !rest.starts_with("TEST_"));
            let Some(key) = ours.filter(|_| !NOT_SETTINGS.contains(&name.as_str())) else {
                continue;
            };
            let key = key.to_lowercase();
            let value = match (key.as_str(), value.parse::<i64>()) {
                ("smtp_port", Ok(port)) => toml::Value::Integer(port),
                _ => toml::Value::String(value),
            };
            let one: Result<Self, _> =
                toml::Table::from_iter([(key.clone(), value.clone())]).try_into();
            if let Err(error) = one {
                let message = format!("is not understood: {}", error.message());
                return Err(ConfigError::Environment { name, message });
            }
            table.insert(key, value);
        }
        table
            .try_into()
            .map_err(|e: toml::de::Error| ConfigError::Environment {
                name: PREFIX.to_owned(),
                message: e.to_string(),
            })
    }

    /// This layer where it says something, the one below elsewhere.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            data: self.data.or(below.data),
            listen: self.listen.or(below.listen),
            public_url: self.public_url.or(below.public_url),
            database_url: self.database_url.or(below.database_url),
            mail_from: self.mail_from.or(below.mail_from),
            smtp_host: self.smtp_host.or(below.smtp_host),
            smtp_port: self.smtp_port.or(below.smtp_port),
            smtp_user: self.smtp_user.or(below.smtp_user),
            smtp_password: self.smtp_password.or(below.smtp_password),
            administrator: self.administrator.or(below.administrator),
            metrics_token: self.metrics_token.or(below.metrics_token),
            log_policy: self.log_policy.or(below.log_policy),
            draws: self.draws.or(below.draws),
        }
    }

    /// The settings, with built-in values where no layer says anything.
    pub fn settings(self) -> Result<Settings, ConfigError> {
        let listen = self.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let address: SocketAddr = listen.parse().map_err(|_| ConfigError::Value {
            key: "listen",
            message: format!("`{listen}` is not an address with a port, such as 127.0.0.1:8080"),
        })?;
        if self.smtp_user.is_some() != self.smtp_password.is_some() {
            let message = "smtp_user and smtp_password belong together".to_owned();
            return Err(ConfigError::Value {
                key: "smtp_user",
                message,
            });
        }
        if let Some(url) = &self.database_url {
            let scheme = url.reveal().split("://").next().unwrap_or_default();
            if !matches!(scheme, "postgres" | "postgresql") {
                let message = "must begin with postgres:// or postgresql://".to_owned();
                return Err(ConfigError::Value {
                    key: "database_url",
                    message,
                });
            }
        }
        let public_url = self
            .public_url
            .unwrap_or_else(|| format!("http://{address}"));
        Ok(Settings {
            data: self.data.unwrap_or_else(|| PathBuf::from("keju-data")),
            listen: address,
            public_url: public_url.trim_end_matches('/').to_owned(),
            database: self.database_url,
            mail: MailSettings {
                from: self
                    .mail_from
                    .unwrap_or_else(|| "Keju <keju@localhost>".to_owned()),
                smtp_host: self.smtp_host,
                smtp_port: self.smtp_port.unwrap_or(587),
                smtp_user: self.smtp_user,
                smtp_password: self.smtp_password,
            },
            administrator: self
                .administrator
                .unwrap_or_else(|| "admin@localhost".to_owned()),
            metrics_token: self.metrics_token,
            log_policy: policy(self.log_policy.as_deref())?,
            rehearsal_draws: rehearsal_draws(self.draws.as_deref())?,
        })
    }
}

fn rehearsal_draws(word: Option<&str>) -> Result<bool, ConfigError> {
    match word {
        None | Some("witnessed") => Ok(false),
        Some("rehearsal") => Ok(true),
        Some(other) => Err(ConfigError::Value {
            key: "draws",
            message: format!("`{other}` is neither witnessed nor rehearsal"),
        }),
    }
}

/// Reads a policy file. Whoever names one wants it kept.
fn policy(path: Option<&Path>) -> Result<Policy, ConfigError> {
    let Some(path) = path else {
        return Ok(Policy::default());
    };
    let wrong = |message: String| ConfigError::Value {
        key: "log_policy",
        message: format!("{}: {message}", path.display()),
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Policy::parse(&text).map_err(|error| wrong(error.to_string()))
}

impl Settings {
    /// What stands between the commitment of a draw and its beacon.
    pub fn gate(&self) -> Gate {
        Gate {
            policy: self.log_policy.clone(),
            rehearsal: self.rehearsal_draws,
        }
    }

    /// The public logs: their files, and who watches them.
    pub fn logs(&self) -> Logs {
        Logs::new(
            self.data.join("log"),
            &self.public_url,
            self.log_policy.clone(),
        )
    }

    /// Where the data is.
    pub fn target(&self) -> Target {
        match &self.database {
            Some(url) => Target::Postgres(url.clone()),
            None => Target::Sqlite(self.data.join("keju.db")),
        }
    }

    /// The settings in words, secrets left out: what `keju config check` prints.
    pub fn explain(&self) -> String {
        let mail = match &self.mail.smtp_host {
            Some(host) => format!("sent through {host}:{}", self.mail.smtp_port),
            None => format!("written as files into {}", self.data.join("mail").display()),
        };
        let witnesses = match self.log_policy.witnesses().len() {
            0 => "none: checkpoints are signed by the log alone".to_owned(),
            count if self.log_policy.asks_for_witnesses() => format!("{count}, with a quorum"),
            count => format!("{count}, none of whom must sign"),
        };
        let draws = if self.rehearsal_draws {
            "REHEARSAL: they go on unwitnessed; never for a real examination"
        } else {
            "only after witnesses have signed the commitment"
        };
        let database = match &self.database {
            Some(_) => "PostgreSQL (URL not shown)".to_owned(),
            None => format!("embedded SQLite, {}", self.data.join("keju.db").display()),
        };
        format!(
            "data directory   {}\nlisten           {}\npublic URL       {}\ndatabase         \
             {database}\nmail             {mail}, from {}\nadministrator    {}\nwitnesses        {}\n\
             draws            {draws}\n",
            self.data.display(),
            self.listen,
            self.public_url,
            self.mail.from,
            self.administrator,
            witnesses
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Result<Layer, ConfigError> {
        Layer::environment(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        )
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file() {
        let file: Layer = toml::from_str("listen = \"0.0.0.0:1\"\ndata = \"/a\"\n").unwrap();
        let env = environment(&[("KEJU_LISTEN", "0.0.0.0:2"), ("KEJU_SMTP_PORT", "25")]).unwrap();
        let flags = Layer {
            listen: Some("0.0.0.0:3".to_owned()),
            ..Layer::default()
        };
        let settings = flags.over(env).over(file).settings().unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.data, PathBuf::from("/a"));
        assert_eq!(settings.mail.smtp_port, 25);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = environment(&[("KEJU_LISTEM", "x")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("KEJU_LISTEM"), "{error}");
        let error = toml::from_str::<Layer>("listem = \"x\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("listem"), "{error}");
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let wrong = |layer: Layer| layer.settings().unwrap_err().to_string();
        assert!(
            wrong(Layer {
                listen: Some("8080".into()),
                ..Layer::default()
            })
            .contains("8080")
        );
        let mysql = Layer {
            database_url: Some(Secret::new("mysql://x")),
            ..Layer::default()
        };
        assert!(wrong(mysql).contains("postgres://"));
    }

    #[test]
    fn secrets_are_not_explained() {
        let url = "postgres://keju:hunter2@db/keju";
        let layer = Layer {
            database_url: Some(Secret::new(url)),
            ..Layer::default()
        };
        let settings = layer.settings().unwrap();
        assert!(!settings.explain().contains("hunter2"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
