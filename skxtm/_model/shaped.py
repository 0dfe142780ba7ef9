"""Topics that users shape by hand once they were learnt."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skxtm._model import reading, shaping
from skxtm._model.intake import read_documents
from skxtm._model.materials import words_in_one_space
from skxtm._model.sources import Sources
from skxtm._model.state import Settings, State, copied, shaping_of
from skxtm._model.topics import NamedTopics
from skxtm._optional import import_optional
from skxtm._parameters import check_number
from skxtm._threads import one_thread
from skxtm.exceptions import InputError

#: Share of a topic that one of the new topics must have for it to fall apart.
_LEAST_PART = 0.01


class ShapedTopics(NamedTopics):
    """A model whose topics can be merged, split and put in order, whatever its backbone."""

    _state: State

    def merge_topics(self, groups: Sequence[int] | Sequence[Sequence[int]]) -> Self:
        """Make one topic of several.

        The proportions of merged topics add up, and their words are averaged by weight. The model that is
        returned gives all else by the new topics: tables, pages, pictures, what is saved. It cannot be
        trained on: train and refine first.

        Parameters
        ----------
        groups : sequence of int, or sequence of sequences of int
            Numbers of topics that become one, such as ``[3, 7]``, or several such groups.

        Returns
        -------
        model : CrossLingualTopicModel
            A copy; this one stays as it is. A merged topic has the place of its first, and the name that the
            first of its topics was given; topics behind it move up.

        Raises
        ------
        InputError, InputTypeError
            If a group is not at least two numbers of topics, or a topic stands in two.

        Examples
        --------
        >>> from skxtm import CrossLingualTopicModel
        >>> from skxtm.datasets import make_multilingual_corpus
        >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
        >>> model = CrossLingualTopicModel(5, lexicon=data.lexicon, random_state=0).fit(data.corpus)
        >>> fewer = model.merge_topics([1, 4])
        >>> fewer.transform(data.corpus).shape
        (80, 4)
        """
        check_is_fitted(self)
        return self._moved(shaping.merged(len(self.components_), groups))

    def reduce_topics(self, n_topics: int) -> Self:
        """Merge topics that are alike until few are left, see `topic_hierarchy`.

        Parameters
        ----------
        n_topics : int
            How many are to be left, at most as many as there are.

        Returns
        -------
        model : CrossLingualTopicModel
            A copy, as from `merge_topics`.

        Raises
        ------
        InputError
            If `n_topics` is out of range.
        """
        check_is_fitted(self)
        return self._moved(shaping.reduced(list(self.topic_word_.values()), n_topics))

    def sort_topics(self) -> Self:
        """Give the topics numbers by weight, the heaviest first.

        Returns
        -------
        model : CrossLingualTopicModel
            A copy, as from `merge_topics`.
        """
        check_is_fitted(self)
        order = np.argsort(-self.topic_weight_, kind="stable")
        return self._moved(np.argsort(order))

    def split_topic(self, topic: int, X: Any, *, n_topics: int = 2) -> Self:
        """Split a topic that holds several themes, in all languages alike.

        The topic's words are told apart by vectors in one space for all languages: those that the model
        uses or, where these are not at hand, vectors learnt from `X` as the model would learn them. What a
        document had of the topic is divided by its words. As for merging, the model that is returned cannot
        be trained on.

        Parameters
        ----------
        topic : int
            Number of the topic.
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Training documents, which also tell the weights of the new topics.
        n_topics : int, default=2
            Into how many.

        Returns
        -------
        model : CrossLingualTopicModel
            A copy; this one stays as it is. One of the new topics has the place of the old, the others stand
            behind the last; they have no given names.

        Raises
        ------
        InputError
            If a number is out of range.
        MissingResourceError
            If the model knows no vectors of words, and can learn none for want of a lexicon.

        Warns
        -----
        UserWarning
            If documents have less than 1 % of the topic in one of the new ones: it does not fall apart.
        """
        check_is_fitted(self)
        check_number(topic, "topic", "split_topic", 0, len(self.components_) - 1, integer=True)
        corpus, settings = read_documents(self, self._state, X), Settings.of(self)
        if not len(corpus):
            raise InputError("X holds no documents, from which the weights of the new topics could be told.")
        model = copied(self)
        state = model._state
        with one_thread():
            vectors = words_in_one_space(state, corpus, Sources(settings, state.languages), "split_topic")
            shares = shaping.word_shares(
                list(self.topic_word_.values()), topic, vectors, n_topics, state.seed
            )
        state.shaping = shaping_of(state).split(int(topic), shares)
        state.names.pop(topic, None)
        theta = reading.theta(state, corpus, settings)
        new = [topic, *range(len(self.components_), theta.shape[1])]
        of_topic = theta[:, new].sum(0, dtype=np.float64)
        weight = np.concatenate([self.topic_weight_, np.zeros(n_topics - 1)])
        division = of_topic / max(of_topic.sum(), 1e-12)
        weight[new] = self.topic_weight_[topic] * division
        state.topic_weight = weight
        reading.read_topics(state, settings)
        least = int(division.argmin())
        if division[least] < _LEAST_PART:
            or_fewer = ", or split it into fewer" if n_topics > 2 else ""
            warnings.warn(
                f"Topic {topic} does not fall into {n_topics} themes: of what documents have of it, the new "
                f"topic {new[least]} has {division[least]:.2%}. Leave it whole{or_fewer}.",
                stacklevel=2,
            )
        return model

    def topic_hierarchy(self, n_words: int = 5) -> Any:
        """Tabulate which topics are alike: the two nearest become one, until one is left.

        Parameters
        ----------
        n_words : int, default=5
            Words of each language that tell what a joined topic is about.

        Returns
        -------
        hierarchy : pandas.DataFrame of shape (n_components - 1, 5 + n_languages)
            One row per step. ``topic``, the number of the joined topic, from ``n_components`` on; ``left``
            and ``right``, what is joined; ``distance``, between 0 and 1: the mean over their topics of
            Hellinger's distance, its squares averaged over languages; ``topics``, the list of the model's
            topics in it; one column per language with top words. The first ``n_components - n`` rows are
            what ``reduce_topics(n)`` joins. Needs the extra ``frame``.
        """
        check_is_fitted(self)
        pandas = import_optional("pandas", extra="frame", purpose="topic_hierarchy")
        n_topics = len(self.components_)
        check_number(n_words, "n_words", "topic_hierarchy", 1, integer=True)
        members = {number: [number] for number in range(n_topics)}
        rows = []
        steps = shaping.tree(list(self.topic_word_.values()))
        for number, (left, right, distance, _) in enumerate(steps, start=n_topics):
            members[number] = sorted(members[int(left)] + members[int(right)])
            rows.append((number, int(left), int(right), float(distance), members[number]))
        columns = ["topic", "left", "right", "distance", "topics"]
        table = pandas.DataFrame(rows, columns=columns)
        for code, weights in self.topic_word_.items():
            means = [self.topic_weight_[topics] @ weights[topics] for topics in table["topics"]]
            table[code] = [
                self.vocabularies_[code][np.argsort(-mean, kind="stable")[:n_words]].tolist()
                for mean in means
            ]
        return table

    def _moved(self, place_of: NDArray[np.intp]) -> Self:
        model = copied(self)
        if np.array_equal(place_of, np.arange(len(place_of))):
            return model
        state = model._state
        state.shaping = shaping_of(state).moved(place_of)
        state.topic_weight = np.bincount(place_of, self.topic_weight_).astype(np.float64)
        state.names = {}
        for number, name in sorted(self._state.names.items()):
            state.names.setdefault(int(place_of[number]), name)
        reading.read_topics(state, Settings.of(self))
        return model
