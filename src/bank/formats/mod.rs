//! Reading banks from files: TOML, CSV and XLSX.
