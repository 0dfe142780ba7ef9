"""Gathering what a backbone needs besides the documents' counts: vectors, clusters, and lexicons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from skxtm._model.clusters import checked_clusters, learnt_clusters
from skxtm._model.intake import training_rows
from skxtm._model.sources import (
    Resource,
    Sources,
    encoder_resource,
    is_one_space,
    is_running_text,
)
from skxtm._model.translations import gather_lexicons, lexicons_in_use
from skxtm.corpus import Corpus
from skxtm.embeddings._vectors import centred_unit_rows
from skxtm.embeddings.aligned_words import AlignedWordEncoder
from skxtm.embeddings.resolving import (
    encoded_texts,
    fitted_encoder,
    resolve_document_embeddings,
    resolve_word_embeddings,
    vocabulary_vectors,
)
from skxtm.exceptions import InputError, MissingResourceError
from skxtm.lexicon import Lexicon

if TYPE_CHECKING:
    from skxtm._model.state import Settings, State
    from skxtm.backbones.base import Materials


def gather_materials(state: State, corpus: Corpus, sources: Sources) -> Materials:
    """Gather all that the backbone prepares its constants from.

    Parameters
    ----------
    state : State
        With nothing learnt yet. What is learnt here, such as an encoder, is kept in it for later documents.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where lexicons and vectors come from.

    Returns
    -------
    materials : Materials

    Raises
    ------
    MissingResourceError
        If the backbone needs what was not given and cannot be learnt.
    InputError
        If what was given does not fit.
    """
    words = gather_shared(state, corpus, sources)
    documents = gather_documents(state, corpus, sources)
    counts = documents.counts if sources.counts is None else sources.counts
    return replace(joined(words, documents, state.seed), counts=counts, sums=sources.sums)


def joined(words: Materials, documents: Materials, seed: int) -> Materials:
    """Put together what is known of words and of documents.

    Parameters
    ----------
    words : Materials
        From `gather_shared`.
    documents : Materials
        From `gather_documents`.
    seed : int
        Of the model.

    Returns
    -------
    materials : Materials
    """
    return replace(
        documents,
        lexicons=words.lexicons,
        word_vectors=words.word_vectors,
        seed=seed,
        seed_words=words.seed_words,
    )


def gather_shared(state: State, corpus: Corpus, sources: Sources) -> Materials:
    """Gather what the backbone needs to know of words, whatever the number of topics.

    Parameters
    ----------
    state : State
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where lexicons and vectors come from.

    Returns
    -------
    materials : Materials
        Without documents.

    Raises
    ------
    MissingResourceError, InputError
        As from `gather_materials`.
    """
    from skxtm.backbones.base import Materials

    needs, lexicons, vectors = state.backbone.needs, {}, None
    if "lexicons" in needs:
        lexicons = gather_lexicons(state, corpus, sources)
    if "word_vectors" in needs:
        vectors = gather_word_vectors(state, corpus, sources)
    return Materials((), lexicons=lexicons, word_vectors=vectors)


def gather_word_vectors(
    state: State, corpus: Corpus, sources: Sources, needed_by: str | None = None
) -> tuple[NDArray[np.float32], ...]:
    """Get vectors of each language's words, in one space.

    Parameters
    ----------
    state : State
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where vectors come from.
    needed_by : str or None, default=None
        What needs them, for messages; None for the model's backbone.

    Returns
    -------
    vectors : tuple of ndarray of shape (V_l, n_dimensions)
        In the order of the model's languages.

    Raises
    ------
    MissingResourceError, InputError
        As from `gather_materials`.
    """
    source = sources.settings.word_embeddings
    if isinstance(source, Mapping):
        state.note(Resource("word vectors", state.languages, "given"))
    else:
        source = _encoder(state, "word_embeddings", corpus, sources, needed_by)
        beside = getattr(source, "pretrained", None)
        learnt = "learnt from the documents" if isinstance(source, AlignedWordEncoder) else ""
        if beside is None and learnt:
            state.note(Resource("word vectors", state.languages, learnt))
        else:
            prefix = f"{learnt}, beside those of " if learnt else ""
            state.note(encoder_resource("word vectors", state.languages, beside or source, prefix))
    by_language = resolve_word_embeddings(source, corpus)
    return tuple(by_language[code] for code in state.languages)


def known_word_vectors(state: State, sources: Sources) -> Any:
    """Find what gave a fitted model the vectors of its words.

    Parameters
    ----------
    state : State
        Fitted.
    sources : Sources
        Where vectors come from.

    Returns
    -------
    source : encoder, dict of str to ndarray, or None
        None if it is not at hand: the backbone needs none, or the model was loaded.
    """
    given = sources.settings.word_embeddings
    kept = state.encoders.get(encoder_key(sources.settings, "word_embeddings"))
    return given if kept is None and isinstance(given, Mapping) else kept


def words_in_one_space(
    state: State, corpus: Corpus, sources: Sources, needed_by: str, encoder: Any = None
) -> list[NDArray[np.float32]]:
    """Get vectors of a fitted model's words, as it used them where they are at hand.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts, of which vectors are learnt where there are none.
    sources : Sources
        Where vectors come from.
    needed_by : str
        What needs them, for messages.
    encoder : encoder, dict of str to ndarray of shape (V_l, n_dimensions) or None, default=None
        What gives them instead.

    Returns
    -------
    vectors : list of ndarray of shape (V_l, n_dimensions)
        Of length 1, less the mean of their language.

    Raises
    ------
    InputError
        If they must be learnt, and there are no documents in a language.
    MissingResourceError
        If they must be learnt, and there is no lexicon.
    """
    source = known_word_vectors(state, sources) if encoder is None else encoder
    if source is None:
        absent = [code for code in state.languages if code not in corpus.languages]
        if absent:
            raise InputError(
                f"X holds no documents in {absent}, of which {needed_by} learns vectors of words. Give "
                f"documents in {list(state.languages)}."
            )
        vectors = list(gather_word_vectors(state, corpus, sources, needed_by))
    else:
        words = {code: part.tolist() for code, part in state.vocabularies.items()}
        by_language = vocabulary_vectors(source, words)
        vectors = [by_language[code] for code in state.languages]
    return [centred_unit_rows(part) for part in vectors]


def topic_encoder(state: State, corpus: Corpus, sources: Sources, needed_by: str | None = None) -> Any:
    """Find the encoder that can embed topics in the space of the documents' embeddings.

    Parameters
    ----------
    state : State
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where vectors come from.
    needed_by : str or None, default=None
        As for `gather_word_vectors`.

    Returns
    -------
    encoder : object
        With ``encode(texts)``.

    Raises
    ------
    MissingResourceError
        If the documents' embeddings were given as arrays, so that nothing can encode the topics.
    """
    if _are_given(corpus, sources):
        raise MissingResourceError(
            "The documents' embeddings were given as arrays, so that those of refined topics are not known. "
            "Pass document_embeddings= the encoder that made them, or set weight_documents=0."
        )
    return _document_encoder(state, corpus, sources, needed_by)


def gather_topic_vectors(
    encoder: Any, languages: Sequence[str], topics: Sequence[Mapping[str, Sequence[str]]]
) -> NDArray[np.float32]:
    """Embed topics, given by words, in the space of the documents' embeddings.

    Parameters
    ----------
    encoder : object
        From `topic_encoder`.
    languages : sequence of str
        Of the words.
    topics : sequence of dict of str to sequence of str
        Words of every topic by language.

    Returns
    -------
    vectors : ndarray of shape (n_topics, n_dimensions)
        A topic's words, joined, encoded as one text; by an encoder that takes one language at a time, the
        mean of the languages' vectors of length 1.
    """
    if not isinstance(encoder, AlignedWordEncoder):
        texts = [" ".join(word for words in topic.values() for word in words) for topic in topics]
        return encoded_texts(encoder, texts, "topics")
    by_language = [
        normalize(encoder.encode([" ".join(topic[code]) for topic in topics], code)) for code in languages
    ]
    return np.mean(by_language, axis=0, dtype=np.float32)


def gather_documents(
    state: State, corpus: Corpus, sources: Sources, *, with_vectors: bool = False
) -> Materials:
    """Gather what is known of training documents, leaving out those without a known word.

    Parameters
    ----------
    state : State
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where vectors and clusters come from.
    with_vectors : bool, default=False
        Whether to gather embeddings also for a backbone that does not want them.

    Returns
    -------
    materials : Materials
        Without lexicons and word vectors.

    Raises
    ------
    MissingResourceError, InputError
        As from `gather_materials`.
    """
    from skxtm.backbones.base import Materials

    known = training_rows(corpus, state.languages)
    counts = [corpus.counts_of(code) for code in state.languages]
    rows = [corpus.rows_of(code)[part] for code, part in zip(state.languages, known, strict=True)]
    stacked = vectors = clusters = None
    given_clusters = sources.settings.clusters
    needs_clusters = "clusters" in state.backbone.needs
    if with_vectors or _needs_document_vectors(state, corpus, sources):
        stacked = _document_vectors(state, corpus, sources)
        vectors = tuple(np.asarray(stacked[part]) for part in rows)
    if needs_clusters:
        clusters = (
            learnt_clusters(state, vectors or ())
            if given_clusters is None
            else tuple(
                checked_clusters(given_clusters, len(corpus), state.shape.n_components)[part] for part in rows
            )
        )
    return Materials(
        tuple(
            block if len(part) == block.shape[0] else block[part]
            for block, part in zip(counts, known, strict=True)
        ),
        document_vectors=vectors,
        all_vectors=stacked,
        clusters=clusters,
    )


def all_document_vectors(state: State, corpus: Corpus, sources: Sources) -> NDArray[np.float32] | None:
    """Embed documents, those without a known word too, if the backbone needs it.

    Parameters
    ----------
    state : State
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where vectors come from.

    Returns
    -------
    vectors : ndarray of shape (n_documents, n_dimensions) or None
        None if nothing needs them.

    Raises
    ------
    MissingResourceError, InputError
        As from `gather_materials`.
    """
    if not _needs_document_vectors(state, corpus, sources):
        return None
    return _document_vectors(state, corpus, sources)


def new_document_vectors(state: State, corpus: Corpus, sources: Sources) -> NDArray[np.float32]:
    """Embed documents that a fitted model is to read, as those of training were.

    Parameters
    ----------
    state : State
        Fitted, with a backbone that reads documents' embeddings.
    corpus : Corpus
        With counts.
    sources : Sources
        Where vectors come from.

    Returns
    -------
    vectors : ndarray of shape (n_documents, n_dimensions)

    Raises
    ------
    InputError
        If the embeddings of training were given, and the corpus has none.
    """
    source: Any
    if not state.documents_given:
        source = _document_encoder(state, corpus, sources)
    elif corpus.embedding is None:
        raise InputError(
            f"Backbone {type(state.backbone).__name__!r} reads documents by their embeddings, and those of "
            "training were given as arrays. Give new documents as a Corpus with embedding=, made in the same "
            "way."
        )
    else:
        source = corpus.embedding
    return _checked_dimensions(state, resolve_document_embeddings(source, corpus))


def encoder_key(settings: Settings, parameter: str) -> str:
    """Name under which the encoder of a parameter is kept; parameters that are None share one."""
    return "encoder" if getattr(settings, parameter) is None else parameter


_PURPOSE = {"word_embeddings": "embeddings of words", "document_embeddings": "embeddings of documents"}


def _encoder(
    state: State, parameter: str, corpus: Corpus, sources: Sources, needed_by: str | None = None
) -> Any:
    """Return the encoder of a parameter; learnt from the first documents where there is none, and kept."""
    key = encoder_key(sources.settings, parameter)
    if key not in state.encoders:
        source = getattr(sources.settings, parameter)
        lexicons: list[Lexicon] = []
        if not is_one_space(source):
            lexicons = lexicons_in_use(state, corpus, sources)
        if source is None:
            source = AlignedWordEncoder(pretrained=sources.encoder, random_state=state.seed)
        try:
            documents = corpus if sources.sums is None else sources.sums
            state.encoders[key] = fitted_encoder(source, documents, lexicons, random_state=state.seed)
        except MissingResourceError as error:
            user = needed_by or f"Backbone {type(state.backbone).__name__!r}"
            raise MissingResourceError(
                f"{user} needs {_PURPOSE[parameter]}, which cannot be "
                f"learnt without a lexicon. Pass lexicon= one for the languages {list(state.languages)}, or "
                f"{parameter}= arrays by language or an encoder. ({error})"
            ) from error
    return state.encoders[key]


def _document_encoder(state: State, corpus: Corpus, sources: Sources, needed_by: str | None = None) -> Any:
    """Choose what encodes documents, once: of running text the encoder at hand, else as `_encoder` does."""
    if state.document_encoder is None:
        by_text = sources.settings.document_embeddings is None and _can_be_read(state, corpus, sources)
        state.document_encoder = (
            sources.encoder if by_text else _encoder(state, "document_embeddings", corpus, sources, needed_by)
        )
    return state.document_encoder


def _needs_document_vectors(state: State, corpus: Corpus, sources: Sources) -> bool:
    needs_clusters = "clusters" in state.backbone.needs and sources.settings.clusters is None
    return needs_clusters or state.backbone.wants_documents(readable=_can_be_read(state, corpus, sources))


def _can_be_read(state: State, corpus: Corpus, sources: Sources) -> bool:
    """Tell whether documents are running text, and an encoder for them is at hand."""
    if state.document_encoder is not None:
        return not isinstance(state.document_encoder, AlignedWordEncoder)
    source = sources.settings.document_embeddings
    has_encoder = sources.encoder is not None if source is None else is_one_space(source)
    return has_encoder and not _are_given(corpus, sources) and is_running_text(corpus)


def _are_given(corpus: Corpus, sources: Sources) -> bool:
    """Tell whether the documents' embeddings are arrays that the user gave."""
    own = sources.settings.document_embeddings is None and corpus.embedding is not None
    return own or sources.settings.has_document_arrays


def _document_vectors(state: State, corpus: Corpus, sources: Sources) -> NDArray[np.float32]:
    source = sources.settings.document_embeddings
    state.documents_given = _are_given(corpus, sources)
    if state.documents_given:
        state.note(Resource("document vectors", state.languages, "given"))
    else:
        source = _document_encoder(state, corpus, sources)
        prefix = "means of the word vectors of " if isinstance(source, AlignedWordEncoder) else ""
        state.note(encoder_resource("document vectors", state.languages, source, prefix))
    return _checked_dimensions(state, resolve_document_embeddings(source, corpus))


def _checked_dimensions(state: State, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if state.n_dimensions is None:
        state.n_dimensions = vectors.shape[1]
    if vectors.shape[1] != state.n_dimensions:
        raise InputError(
            f"The documents' embeddings have {vectors.shape[1]:,} dimensions, but those that training began "
            f"with have {state.n_dimensions:,}. Encode all documents with the same encoder."
        )
    return vectors
