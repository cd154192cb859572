//! The command line: `keju serve`, `keju demo`, `keju verify` and the rest.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use keju::app::commands;
use keju::bank::formats::{Defaults, Form};
use keju::bank::item::Difficulty;
use keju::config::{ConfigError, Layer, Settings};
use keju::kernel::Problem;
use keju::psychometrics::Model;
use keju::verification::Outcome;
use serde::Serialize;

/// Merit-based examination and recruitment, from post to ranked result.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Under these words `--help` lists what commands at a desk have no use for.
const SERVER: &str = "Settings of a server";

#[derive(Args)]
struct Common {
    /// Settings file (TOML); KEJU_CONFIG names one too.
    #[arg(long, global = true, help_heading = SERVER, env = "KEJU_CONFIG")]
    config: Option<PathBuf>,
    /// The one directory that holds all state [default: ./keju-data].
    #[arg(long, global = true, help_heading = SERVER)]
    data: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080].
    #[arg(long, global = true, help_heading = SERVER)]
    listen: Option<String>,
    /// Address under which people reach the server, for links in mail.
    #[arg(long, global = true, help_heading = SERVER)]
    public_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve. The first start opens the administrator with a one-time password and nothing else.
    Serve,
    /// Hold a whole season with made-up people, then serve it. Again on the same directory, it
    /// serves what is there.
    Demo,
    /// Check the settings, or explain what they amount to.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Write a copy of all state into a new directory; the server may go on.
    Backup {
        /// The directory to make.
        to: PathBuf,
        /// Leave out the key that opens personal data; keep it elsewhere yourself.
        #[arg(long)]
        without_key: bool,
    },
    /// Check a backup, and bring it back into an empty data directory or an empty PostgreSQL
    /// database.
    Restore {
        /// The directory that `keju backup` made.
        from: PathBuf,
    },
    /// Bring the schema of the database up to date, as its owner. Then `serve` needs no owner.
    Migrate,
    /// Derive everything again that can be derived, and name what differs; the server may go on.
    /// Given a public record, check that instead: it needs no database and no key.
    Verify {
        /// A record: a file, or its address (https://exam.example/examinations/…/record.jsonl).
        record: Option<String>,
        /// Print the outcomes as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the public record of an examination, from which everybody can verify it.
    Record {
        /// The examination's code.
        code: String,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// As `verify`, and rebuild every published leaf from the rows: what a server does every night.
    Audit {
        /// Print the outcomes as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publish the log without a server, or have it signed by witnesses without a network.
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// Watch public logs and sign what continues them. State lies in the data directory.
    Witness {
        /// The name under which this witness signs, such as notary.example/w1.
        #[arg(long)]
        name: String,
        /// The logs that are watched: a policy file with their verifier keys.
        #[arg(long)]
        logs: PathBuf,
        /// Print the verifier key and stop.
        #[arg(long)]
        key: bool,
        /// Look at this request, print the signature, and stop.
        #[arg(long)]
        request: Option<PathBuf>,
    },
    /// Files of items: check them, convert them, make instances of templates. Needs no server.
    Bank {
        #[command(subcommand)]
        command: BankCommand,
    },
    /// Fit an item response model to a file of answers. Needs no server.
    Calibrate {
        /// Answers as CSV: a line for each candidate, a column for each item.
        responses: PathBuf,
        /// The model.
        #[arg(long, value_name = "1pl|2pl|3pl")]
        model: Model,
        /// The right answers, where the file holds answers rather than 0 and 1.
        #[arg(long)]
        key: Option<PathBuf>,
        /// Estimate the candidates' abilities too.
        #[arg(long)]
        abilities: bool,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Describe items and test from a file of answers, in the classical way. Needs no server.
    Statistics {
        /// Answers as CSV: a line for each candidate, a column for each item.
        responses: PathBuf,
        /// The right answers, where the file holds answers rather than 0 and 1.
        #[arg(long)]
        key: Option<PathBuf>,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set a standard from judges' ratings of items (Angoff). Needs no server.
    Angoff {
        /// Ratings as CSV: a line for each judge, a column for each item, shares from 0 to 1.
        ratings: PathBuf,
        /// Guessing of items whose heading names none (`q1@0.25` does).
        #[arg(long, default_value_t = 0.0)]
        guessing: f64,
        /// Ability of those who are just competent.
        #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
        ability: f64,
        /// Write the difficulties that the ratings imply, for `keju assemble`.
        #[arg(long)]
        out: Option<PathBuf>,
        /// The items that `--out` is to be written from: theirs is all but the parameters.
        #[arg(long, requires = "out")]
        items: Option<PathBuf>,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make many papers that are different and equally hard, from calibrated items. Needs no server.
    Assemble(Assemble),
    /// Make a custodian's secret for a draw by lot.
    Draw {
        #[command(subcommand)]
        command: DrawCommand,
    },
    /// Print the OpenAPI document.
    Openapi,
}

/// What papers are made from, and how.
#[derive(Args)]
struct Assemble {
    /// The items as CSV, with their parameters.
    #[arg(long)]
    items: PathBuf,
    /// The blueprint as TOML.
    #[arg(long)]
    blueprint: PathBuf,
    /// How many papers.
    #[arg(long, default_value_t = 0, required_unless_present_any = ["candidates", "exact"])]
    papers: usize,
    /// The seed, hexadecimal: a drawn one, or any for a trial.
    #[arg(long)]
    seed: String,
    /// The directory to write papers, manifest and report into.
    #[arg(long)]
    out: PathBuf,
    /// Make them one at a time as candidates walk in, each from the candidate's code.
    #[arg(long)]
    walk_in: bool,
    /// The codes of the candidates who walk in, one on a line [default: the numbers of the papers].
    #[arg(long, requires = "walk_in", conflicts_with = "papers")]
    candidates: Option<PathBuf>,
    /// Choose a few parallel forms by a solver: none are more alike. Only if it was built in.
    #[arg(long, requires = "forms", conflicts_with_all = ["walk_in", "papers"])]
    exact: bool,
    /// How many forms to choose.
    #[arg(long, default_value_t = 0, requires = "exact")]
    forms: usize,
    /// On how many forms an item may be.
    #[arg(long, default_value_t = 1, requires = "exact")]
    uses: usize,
    /// Most seconds for the solver.
    #[arg(long, default_value_t = 60, requires = "exact")]
    seconds: u32,
    /// It may stop when no forms can be better by more than this part of the tolerance.
    #[arg(long, default_value_t = 0.1, requires = "exact")]
    gap: f64,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum BankCommand {
    /// Say what files hold, what is wrong with them, and what the bank cannot keep.
    Check {
        /// CSV, XLSX, TOML, Aiken (.txt), GIFT (.gift), Moodle XML or QTI (.xml, .zip), or folders
        /// that hold a bank.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        lacking: Lacking,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the items of a file in another form, and say what was lost.
    Convert {
        /// The file to read.
        from: PathBuf,
        /// The new file; its name says in which form.
        to: PathBuf,
        /// The form, where the name does not say it.
        #[arg(long, value_name = "csv|xlsx|toml|aiken|gift|moodle|qti2.2|qti3.0")]
        form: Option<Form>,
        #[command(flatten)]
        lacking: Lacking,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the items as `keju assemble` and `keju angoff` read them.
    Pool {
        /// The bank, in any form.
        from: PathBuf,
        /// The new file, CSV: what is supposed of items until they were answered.
        to: PathBuf,
        #[command(flatten)]
        lacking: Lacking,
    },
    /// Make items from parametric templates.
    Instances {
        /// A file of templates.
        templates: PathBuf,
        /// How many of each template.
        #[arg(long, default_value_t = 5)]
        count: usize,
        /// The seed, 64 hexadecimal digits: the same seed gives the same items.
        #[arg(long)]
        seed: String,
        /// The new file to write them into; its name says in which form.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Print them as JSON, with what their variables stand for.
        #[arg(long)]
        json: bool,
    },
}

/// What foreign forms do not say of an item.
#[derive(Args)]
struct Lacking {
    /// Section of items that name none.
    #[arg(long, default_value = "general")]
    section: String,
    /// Their topic.
    #[arg(long, default_value = "general")]
    topic: String,
    /// Their difficulty.
    #[arg(long, value_name = "easy|medium|hard", default_value = "medium", value_parser = difficulty)]
    difficulty: Difficulty,
    /// How the codes of items without one begin.
    #[arg(long, default_value = "item")]
    prefix: String,
}

fn difficulty(text: &str) -> Result<Difficulty, String> {
    Difficulty::parse(text).ok_or_else(|| "easy, medium or hard".to_owned())
}

impl Lacking {
    fn defaults(self) -> Defaults {
        Defaults {
            section: self.section,
            topic: self.topic,
            difficulty: self.difficulty,
            prefix: self.prefix,
        }
    }
}

#[derive(Subcommand)]
enum LogCommand {
    /// Write what is decided to the log's files, once.
    Publish {
        /// Believe the database although the log's files are lost and a witness without a network
        /// cannot be asked. Look first: a log that signs two histories is a scandal.
        #[arg(long)]
        trust_database: bool,
    },
    /// Print the request to a witness, for the newest checkpoint.
    Request {
        /// The examination year.
        #[arg(long)]
        year: i32,
        /// The witness's name in the policy.
        #[arg(long)]
        witness: String,
        /// The size that the witness says it has signed last, if an answer was lost on the way.
        #[arg(long)]
        old: Option<u64>,
    },
    /// Take in the signatures that a witness sent back.
    Cosign {
        /// The examination year.
        #[arg(long)]
        year: i32,
        /// The file with its signature lines.
        signatures: PathBuf,
    },
}

#[derive(Subcommand)]
enum DrawCommand {
    /// Print a fresh secret and the commitment to it. Needs no server and keeps nothing.
    Secret {
        /// The draw's name, such as 2026-gwy/seats/1.
        draw: String,
        /// The custodian's number, from one.
        number: u64,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read all layers, refuse what is wrong, and print what they amount to.
    Check,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let said = failure.to_string();
            // That it is no fault of a request helps nobody at a desk.
            eprintln!("keju: {}", said.strip_prefix("internal: ").unwrap_or(&said));
            ExitCode::FAILURE
        }
    }
}

/// Why a command failed, for the person who typed it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Act(#[from] Problem),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0} of the checks failed")]
    Verification(usize),
    #[error("nothing of a file with faults can be taken in")]
    Items,
}

fn run(cli: Cli) -> Result<(), Failure> {
    let settings = settings(cli.common)?;
    match cli.command {
        Command::Serve => commands::serve(settings)?,
        Command::Demo => commands::demo(settings)?,
        Command::Config {
            command: ConfigCommand::Check,
        } => print!("{}", settings.explain()),
        Command::Backup { to, without_key } => {
            let manifest = commands::backup(&settings, &to, !without_key)?;
            println!("{}: {manifest}", to.display());
        }
        Command::Restore { from } => {
            let manifest = commands::restore(&settings, &from)?;
            println!("{}: {manifest}", settings.data.display());
        }
        Command::Migrate => commands::migrate(&settings)?,
        Command::Verify { record: None, json } => tell(&commands::verify(&settings)?, json)?,
        Command::Verify {
            record: Some(record),
            json,
        } => tell(&commands::verify_record(&record)?, json)?,
        Command::Record { code, out } => commands::record(&settings, &code, &out)?,
        Command::Audit { json } => tell(&commands::audit(&settings)?, json)?,
        Command::Log { command } => log(&settings, command)?,
        Command::Witness {
            name,
            logs,
            key,
            request,
        } => match request {
            _ if key => println!("{}", commands::witness_key(&settings, &name, &logs)?),
            Some(request) => {
                print!(
                    "{}",
                    commands::witness_file(&settings, &name, &logs, &request)?
                );
            }
            None => commands::witness(&settings, &name, &logs)?,
        },
        Command::Draw {
            command: DrawCommand::Secret { draw, number },
        } => print!("{}", commands::draw_secret(&draw, number)),
        Command::Calibrate {
            responses,
            model,
            key,
            abilities,
            json,
        } => {
            let found = commands::calibrate(&responses, key.as_deref(), model, abilities)?;
            say(&found, json, commands::calibration_text)?;
        }
        Command::Statistics {
            responses,
            key,
            json,
        } => {
            let found = commands::statistics(&responses, key.as_deref())?;
            say(&found, json, commands::statistics_text)?;
        }
        Command::Angoff {
            ratings,
            guessing,
            ability,
            out,
            items,
            json,
        } => {
            let found = commands::angoff(&ratings, commands::Assumed { guessing, ability })?;
            if let Some(out) = out {
                commands::write_rated(&found, items.as_deref(), &out)?;
            }
            say(&found, json, commands::standard_text)?;
        }
        Command::Assemble(of) => assemble(&of)?,
        Command::Bank { command } => bank(command)?,
        Command::Openapi => println!("{}", commands::openapi()?),
    }
    Ok(())
}

fn assemble(of: &Assemble) -> Result<(), Failure> {
    let order = commands::Order {
        items: &of.items,
        blueprint: &of.blueprint,
        papers: if of.exact { of.forms } else { of.papers },
        seed: &of.seed,
        out: &of.out,
    };
    let made = if of.exact {
        let exactly = commands::Exactly {
            uses: of.uses,
            seconds: of.seconds,
            gap: of.gap,
        };
        commands::exact(&order, &exactly)?
    } else if of.walk_in {
        commands::walk_in(&order, of.candidates.as_deref())?
    } else {
        commands::assemble(&order)?
    };
    say(&made, of.json, |made| commands::made_text(made, &of.out))
}

fn bank(command: BankCommand) -> Result<(), Failure> {
    match command {
        BankCommand::Check {
            files,
            lacking,
            json,
        } => {
            let checked = commands::check_items(&files, &lacking.defaults())?;
            say(&checked, json, |checked| commands::checked_text(checked))?;
            if checked.iter().any(|one| !one.faults.is_empty()) {
                return Err(Failure::Items);
            }
        }
        BankCommand::Convert {
            from,
            to,
            form,
            lacking,
            json,
        } => {
            let converted = commands::convert_items(&from, &to, form, &lacking.defaults())?;
            say(&converted, json, commands::converted_text)?;
        }
        BankCommand::Pool { from, to, lacking } => {
            let items = commands::pool_items(&from, &to, &lacking.defaults())?;
            println!("{items} items");
        }
        BankCommand::Instances {
            templates,
            count,
            seed,
            out,
            json,
        } => {
            let given = commands::instances(&templates, count, &seed)?;
            if let Some(out) = out {
                commands::write_instances(&given, &out)?;
            }
            say(&given, json, |given| commands::given_text(given))?;
        }
    }
    Ok(())
}

fn log(settings: &Settings, command: LogCommand) -> Result<(), Failure> {
    match command {
        LogCommand::Publish { trust_database } => {
            println!(
                "{} entries",
                commands::log_publish(settings, trust_database)?
            );
        }
        LogCommand::Request { year, witness, old } => {
            print!("{}", commands::log_request(settings, year, &witness, old)?);
        }
        LogCommand::Cosign { year, signatures } => {
            for (witness, size) in commands::log_cosign(settings, year, &signatures)? {
                println!("{witness} signed {size} entries");
            }
        }
    }
    Ok(())
}

/// Prints what was found, as JSON or in words.
fn say<T: Serialize>(found: &T, json: bool, words: impl Fn(&T) -> String) -> Result<(), Failure> {
    if json {
        let text = serde_json::to_string_pretty(found).map_err(Problem::internal)?;
        println!("{text}");
    } else {
        print!("{}", words(found));
    }
    Ok(())
}

/// Prints one line for each check; fails if one of them does.
fn tell(outcomes: &[Outcome], json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", commands::as_json(outcomes)?);
    } else {
        for outcome in outcomes {
            println!("{outcome}");
        }
    }
    match outcomes.iter().filter(|one| one.failure.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::Verification(failed)),
    }
}

fn settings(common: Common) -> Result<Settings, ConfigError> {
    let flags = Layer {
        data: common.data,
        listen: common.listen,
        public_url: common.public_url,
        ..Layer::default()
    };
    let environment = Layer::environment(std::env::vars())?;
    let file = common
        .config
        .map(|path| Layer::file(&path))
        .transpose()?
        .unwrap_or_default();
    flags.over(environment).over(file).settings()
}
