//! Assembly (组卷): from blueprints to papers.

pub mod rules;
