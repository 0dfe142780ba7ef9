"""Gathering what a backbone needs besides the documents' counts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from skxtm._model.intake import training_rows
from skxtm.backbones._clusters import DocumentClusters
from skxtm.corpus import Corpus
from skxtm.embeddings.aligned_words import AlignedWordEncoder
from skxtm.embeddings.resolving import (
    fitted_encoder,
    resolve_document_embeddings,
    resolve_word_embeddings,
)
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicon import Lexicon

if TYPE_CHECKING:
    from skxtm.backbones.base import Materials
    from skxtm.model import CrossLingualTopicModel
    from skxtm.training.batches import PerDocument


def gather_materials(model: CrossLingualTopicModel, corpus: Corpus) -> Materials:
    """Gather all that the backbone prepares its constants from.

    Parameters
    ----------
    model : CrossLingualTopicModel
        With backbone, languages and vocabularies fixed. What is learnt for it, such as an encoder, is kept
        in it for later documents.
    corpus : Corpus
        Training documents with counts.

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
    needs, lexicons, vectors = model.backbone_.needs, {}, None
    if "lexicons" in needs:
        name, given = type(model.backbone_).__name__, read_lexicons(model.lexicon)
        lexicons = gather_lexicons(name, model.languages_, model.vocabularies_, given)
    if "word_vectors" in needs:
        vectors = gather_word_vectors(model, corpus)
    materials = gather_documents(model, corpus)
    return replace(materials, lexicons=lexicons, word_vectors=vectors, seed=model._seed)


def gather_word_vectors(
    model: CrossLingualTopicModel, corpus: Corpus, needed_by: str | None = None
) -> tuple[NDArray[np.float32], ...]:
    """Get vectors of each language's words, in one space.

    Parameters
    ----------
    model : CrossLingualTopicModel
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
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
    source = model.word_embeddings
    if not isinstance(source, Mapping):
        source = _encoder(model, "word_embeddings", corpus, needed_by)
    by_language = resolve_word_embeddings(source, corpus)
    return tuple(by_language[code] for code in model.languages_)


def topic_encoder(model: CrossLingualTopicModel, corpus: Corpus, needed_by: str | None = None) -> Any:
    """Find the encoder that can embed topics in the space of the documents' embeddings.

    Parameters
    ----------
    model : CrossLingualTopicModel
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
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
    if has_given_documents(model, corpus):
        raise MissingResourceError(
            "The documents' embeddings were given as arrays, so that those of refined topics are not known. "
            "Pass document_embeddings= the encoder that made them, or set weight_documents=0."
        )
    return _encoder(model, "document_embeddings", corpus, needed_by)


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
        return np.asarray(encoder.encode(texts), dtype=np.float32)
    by_language = [
        normalize(encoder.encode([" ".join(topic[code]) for topic in topics], code)) for code in languages
    ]
    return np.mean(by_language, axis=0, dtype=np.float32)


def has_given_documents(model: CrossLingualTopicModel, corpus: Corpus) -> bool:
    """Tell whether the documents' embeddings are arrays that the user gave."""
    source = model.document_embeddings
    return isinstance(source, (np.ndarray, Mapping)) or (source is None and corpus.embedding is not None)


def gather_documents(
    model: CrossLingualTopicModel, corpus: Corpus, *, with_vectors: bool = False
) -> Materials:
    """Gather what is known of training documents, leaving out those without a known word.

    Parameters
    ----------
    model : CrossLingualTopicModel
        As for `gather_materials`.
    corpus : Corpus
        Training documents with counts.
    with_vectors : bool, default=False
        Whether to gather embeddings also for a backbone that does not need them.

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

    known = training_rows(corpus, model.languages_)
    counts = [corpus.counts_of(code) for code in model.languages_]
    rows = [corpus.rows_of(code)[part] for code, part in zip(model.languages_, known, strict=True)]
    vectors = clusters = None
    needs_clusters = "clusters" in model.backbone_.needs
    needs_vectors = "document_vectors" in model.backbone_.needs or with_vectors
    if needs_vectors or (needs_clusters and model.clusters is None):
        stacked = _document_vectors(model, corpus)
        vectors = tuple(np.asarray(stacked[part]) for part in rows)
    if needs_clusters:
        given = model.clusters
        clusters = (
            _learnt_clusters(model, vectors or ())
            if given is None
            else tuple(_checked_clusters(given, len(corpus), model.n_components)[part] for part in rows)
        )
    return Materials(
        tuple(
            block if len(part) == block.shape[0] else block[part]
            for block, part in zip(counts, known, strict=True)
        ),
        document_vectors=vectors,
        clusters=clusters,
    )


def per_document(model: CrossLingualTopicModel, materials: Materials, device: Any) -> PerDocument:
    """Bring what is known of training documents into the form in which they are trained on.

    Parameters
    ----------
    model : CrossLingualTopicModel
        With its constants.
    materials : Materials
        What was gathered of the documents.
    device : torch.device
        Where training takes place.

    Returns
    -------
    per_document : PerDocument
    """
    from skxtm.training.batches import PerDocument
    from skxtm.training.tensors import on_device

    return PerDocument(
        vectors=on_device(materials.document_vectors or (), device),
        clusters=on_device(materials.clusters or (), device),
        augmented=model.backbone_.augment(model._constants, materials.counts),
    )


def gather_lexicons(
    backbone: str, languages: Sequence[str], vocabularies: Mapping[str, Any], lexicons: Sequence[Lexicon]
) -> dict[tuple[int, int], sparse.csr_array]:
    """Find the translations between every two languages.

    Parameters
    ----------
    backbone : str
        Name of the backbone, for messages.
    languages : sequence of str
        In the order of the network.
    vocabularies : dict of str to ndarray of str
        Words of each language.
    lexicons : sequence of Lexicon
        Those the user gave.

    Returns
    -------
    matrices : dict of (int, int) to csr_array of shape (V_a, V_b)
        1 where words of languages number a < b translate each other.

    Raises
    ------
    MissingResourceError
        If a language pair has no lexicon.
    InputError
        If the lexicons of a pair have no match.
    """
    return {
        (first, second): _matches((languages[first], languages[second]), backbone, vocabularies, lexicons)
        for first, second in combinations(range(len(languages)), 2)
    }


def read_lexicons(lexicon: Any) -> list[Lexicon]:
    """Turn the `lexicon` parameter into lexicons.

    Parameters
    ----------
    lexicon : None, Lexicon, path or sequence of these
        What the user gave.

    Returns
    -------
    lexicons : list of Lexicon

    Raises
    ------
    InputTypeError
        If it is something else.
    """
    if lexicon is None:
        return []
    if isinstance(lexicon, Lexicon):
        return [lexicon]
    if isinstance(lexicon, (str, os.PathLike)):
        return [Lexicon.read(lexicon)]
    if isinstance(lexicon, Sequence):
        return [entry for part in lexicon for entry in read_lexicons(part)]
    raise InputTypeError(
        "The 'lexicon' parameter must be a path, a Lexicon, a list of these, or None. "
        f"Got {type(lexicon).__name__!r} instead."
    )


def _matches(
    pair: tuple[str, str], backbone: str, vocabularies: Mapping[str, Any], lexicons: Sequence[Lexicon]
) -> sparse.csr_array:
    fitting = [lexicon for lexicon in lexicons if set(lexicon.languages) == set(pair)]
    if not fitting:
        given = ", ".join("-".join(lexicon.languages) for lexicon in lexicons) or "none"
        raise MissingResourceError(
            f"Backbone {backbone!r} needs a lexicon between {pair[0]!r} and {pair[1]!r}; given: {given}. "
            "Pass lexicon= a path such as 'zh-en.tsv', a Lexicon, or a list with one for each pair of "
            "languages; Lexicon.compose makes a missing one through a third language."
        )
    first, second = (vocabularies[code] for code in pair)
    matrix = sparse.csr_array((len(first), len(second)), dtype=np.float32)
    for lexicon in fitting:
        matrix = matrix.maximum(lexicon.matrix(first, second, *pair))
    if not matrix.nnz:
        raise InputError(
            f"The lexicon {'-'.join(fitting[0].languages)} has not a single match with the vocabularies of "
            f"{pair[0]!r} ({', '.join(first[:3])}, ...) and {pair[1]!r} ({', '.join(second[:3])}, ...). "
            "Check its languages and direction, how the texts are tokenised, and match='normal'."
        )
    return matrix


def encoder_key(model: CrossLingualTopicModel, parameter: str) -> str:
    """Name under which a model keeps the encoder of a parameter; parameters that are None share one."""
    return "encoder" if getattr(model, parameter) is None else parameter


_PURPOSE = {"word_embeddings": "embeddings of words", "document_embeddings": "embeddings of documents"}


def _encoder(
    model: CrossLingualTopicModel, parameter: str, corpus: Corpus, needed_by: str | None = None
) -> Any:
    """Return the encoder of a parameter; learnt from the first documents where there is none, and kept."""
    source = getattr(model, parameter)
    key = encoder_key(model, parameter)
    if key not in model._learnt:
        lexicons = read_lexicons(model.lexicon)
        try:
            model._learnt[key] = fitted_encoder(source, corpus, lexicons, random_state=model._seed)
        except MissingResourceError as error:
            user = needed_by or f"Backbone {type(model.backbone_).__name__!r}"
            raise MissingResourceError(
                f"{user} needs {_PURPOSE[parameter]}, which cannot be "
                f"learnt without a lexicon. Pass lexicon= one for the languages {list(model.languages_)}, or "
                f"{parameter}= arrays by language or an encoder. ({error})"
            ) from error
    return model._learnt[key]


def new_document_vectors(model: CrossLingualTopicModel, corpus: Corpus) -> NDArray[np.float32]:
    """Embed documents that a fitted model is to read, as those of training were.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted, with a backbone that reads documents' embeddings.
    corpus : Corpus
        With counts.

    Returns
    -------
    vectors : ndarray of shape (n_documents, n_dimensions)

    Raises
    ------
    InputError
        If the embeddings of training were given, and the corpus has none.
    """
    if not model._learnt.get("documents_given"):
        source = _encoder(model, "document_embeddings", corpus)
    elif corpus.embedding is None:
        raise InputError(
            f"Backbone {type(model.backbone_).__name__!r} reads documents by their embeddings, and those of "
            "training were given as arrays. Give new documents as a Corpus with embedding=, made in the same "
            "way."
        )
    else:
        source = corpus.embedding
    return _checked_dimensions(model, resolve_document_embeddings(source, corpus))


def _document_vectors(model: CrossLingualTopicModel, corpus: Corpus) -> NDArray[np.float32]:
    source = model.document_embeddings
    model._learnt["documents_given"] = has_given_documents(model, corpus)
    if not model._learnt["documents_given"]:
        source = _encoder(model, "document_embeddings", corpus)
    return _checked_dimensions(model, resolve_document_embeddings(source, corpus))


def _checked_dimensions(model: CrossLingualTopicModel, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    n_dimensions = model._learnt.setdefault("n_dimensions", vectors.shape[1])
    if vectors.shape[1] != n_dimensions:
        raise InputError(
            f"The documents' embeddings have {vectors.shape[1]:,} dimensions, but those that training began "
            f"with have {n_dimensions:,}. Encode all documents with the same encoder."
        )
    return vectors


def _learnt_clusters(
    model: CrossLingualTopicModel, vectors: Sequence[NDArray[np.float32]]
) -> tuple[NDArray[np.int64], ...]:
    if "clusters" not in model._learnt:
        model._learnt["clusters"] = DocumentClusters.learn(
            vectors,
            model.n_components,
            language=_cluster_language(model),
            n_dimensions=model.backbone_.cluster_dimensions,
            seed=model._seed,
        )
    clusters = model._learnt["clusters"]
    return tuple(clusters.assign(part, language) for language, part in enumerate(vectors))


def _cluster_language(model: CrossLingualTopicModel) -> int:
    code = model.backbone_.cluster_language
    if code is not None and code not in model.languages_:
        raise InputError(
            f"The 'cluster_language' parameter of {type(model.backbone_).__name__} must be one of "
            f"{list(model.languages_)}, or None for the first. Got {code!r} instead."
        )
    return 0 if code is None else model.languages_.index(code)


def _checked_clusters(clusters: Any, n_documents: int, n_clusters: int) -> NDArray[np.int64]:
    labels = np.asarray(clusters)
    if labels.shape != (n_documents,):
        raise InputError(
            f"The 'clusters' parameter has shape {labels.shape}, but X holds {n_documents:,} documents; one "
            "label per document is needed."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_clusters:
        raise InputError(
            f"The 'clusters' parameter must hold integers from 0 to n_components - 1 = {n_clusters - 1}. Got "
            f"{labels.dtype} values from {labels.min()} to {labels.max()}."
        )
    return labels.astype(np.int64)
