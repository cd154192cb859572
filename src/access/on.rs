//! What most handlers begin with: somebody who is signed in, and the one thing that the address
//! names.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::Actor;
use crate::kernel::{Id, Problem};
use crate::store::{Store, Tx};

/// Somebody acting on the one thing that the address names. Whether they may is for the service.
pub struct On {
    store: web::Data<Store>,
    actor: Actor,
    /// The thing.
    pub id: Id,
}

impl On {
    fn of(request: &HttpRequest, payload: &mut Payload) -> Result<Self, actix_web::Error> {
        Ok(Self {
            store: web::Data::from_request(request, payload).into_inner()?,
            actor: Actor::from_request(request, payload).into_inner()?,
            id: web::Path::<Id>::from_request(request, payload)
                .into_inner()?
                .into_inner(),
        })
    }

    /// Runs an act on it.
    pub async fn write<T: Send + 'static>(
        self,
        act: impl FnOnce(&mut Tx<'_>, &Actor, Id) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Self { store, actor, id } = self;
        store.write(move |tx| act(tx, &actor, id)).await
    }
}

impl FromRequest for On {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request, payload))
    }
}
