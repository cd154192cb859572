//! The examination record, as a file to take home.

use std::fs::File;
use std::io::{Read as _, Result as IoResult};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::access::Actor;
use crate::disclosure::record::Records;
use crate::http::Answer;
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Bytes that are sent at once.
const CHUNK: usize = 64 * 1024;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/examinations/{id}/record.jsonl", web::get().to(record));
}

async fn record(
    store: web::Data<Store>,
    records: web::Data<Records>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let made = tokio::task::spawn_blocking(move || {
        let path = records.file(&store, actor.as_ref(), id)?;
        let file = File::open(path).map_err(Problem::internal)?;
        let length = file.metadata().map_err(Problem::internal)?.len();
        Ok::<_, Problem>((file, length))
    });
    let (file, length) = made.await.map_err(Problem::internal)??;
    let (sender, chunks) = channel(4);
    tokio::task::spawn_blocking(move || send(file, &sender));
    let name = format!("attachment; filename=\"record-{id}.jsonl\"");
    Ok(HttpResponse::Ok()
        .content_type("application/jsonl; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(FileBody { length, chunks }))
}

/// Reads the file, as fast as it is fetched, until it ends or nobody fetches it any more.
fn send(mut file: File, sender: &Sender<IoResult<web::Bytes>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).map(|count| {
            chunk.truncate(count);
            web::Bytes::from(chunk)
        });
        let last = read.as_ref().is_ok_and(web::Bytes::is_empty);
        let failed = read.is_err();
        if last || sender.blocking_send(read).is_err() || failed {
            return;
        }
    }
}

/// A file as the body of an answer.
struct FileBody {
    length: u64,
    chunks: Receiver<IoResult<web::Bytes>>,
}

impl MessageBody for FileBody {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<IoResult<web::Bytes>>> {
        self.chunks.poll_recv(context)
    }
}
