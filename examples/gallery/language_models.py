"""
Language models, and what they cost
===================================

A language model can clean topics, name them, and translate words. Before it is asked, you see what it would
cost; while it is asked, a limit holds; and no answer is paid for twice. Here a scripted model stands in for
one that is paid. Needs the extras ``encoder``, ``zh``, ``text``, ``frame`` and ``plot``; for a real server
also ``llm``.
"""

import json
import re

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import load_sample
from skxtm.llm import ChatAnswer, ChatSession

documents = load_sample("all", languages=["en", "zh"]).corpus
model = CrossLingualTopicModel(8, random_state=0).fit(documents)

# %%
# A model that can be asked
# -------------------------
#
# Any object with ``complete(request)`` is a chat model. This one drops a word of every list, in each round
# another. In its place, ``OpenAIChat("gemini-2.5-flash", base_url=..., api_key_env="GEMINI_API_KEY")`` asks a
# server: :doc:`/docs/llm_servers`.


class Scripted:
    """Repeat the topics shown, in every round without another word of each list."""

    identity = None  # answers are not to be cached
    max_output_tokens = 2000

    def complete(self, request):
        """Answer one request."""
        shown, topics = request.messages[-1][1], []
        for number, *lists in re.findall(r"Topic (\d+)\nEN[^:]*: (.*)\nZH[^:]*: (.*)", shown):
            english, chinese = (json.loads(words) for words in lists)
            del english[request.round], chinese[request.round]
            words = {"en": english, "zh": chinese}
            topics.append({"topic": int(number), "theme": english[0], "words": words})
        text = json.dumps({"topics": topics}, ensure_ascii=False)
        return ChatAnswer(text, input_tokens=len(shown) // 3, output_tokens=len(text) // 3)


chat = Scripted()

# %%
# Before: what it would cost
# --------------------------
#
# ``prices`` are dollars per million input and output tokens, as the server's price list has them. ``dry_run``
# asks nothing.

how = {"n_rounds": 3, "n_top_words": 10, "n_words": 8, "prices": (0.30, 2.50), "random_state": 0}
print(LLMRefiner(model, llm=chat, **how).dry_run())

# %%
# The same for fifty topics or five rounds is a matter of these parameters. What drives the cost, for the
# topics of this model:

import matplotlib.pyplot as plt

rounds = [1, 3, 5, 9]
figure, axes = plt.subplots(figsize=(5, 3))
for prompt in ("joint", "single"):
    estimates = [
        LLMRefiner(model, llm=chat, prompt=prompt, **{**how, "n_rounds": n}).dry_run() for n in rounds
    ]
    axes.plot(rounds, [estimate.cost for estimate in estimates], "o-", label=f'prompt="{prompt}"')
axes.set(xlabel="n_rounds", ylabel="dollars")
axes.legend()
figure.tight_layout()

# %%
# While: a limit that holds
# -------------------------
#
# ``max_cost`` and ``max_requests`` stop before they are exceeded, and nothing more is sent.

from skxtm.exceptions import BudgetError

try:
    LLMRefiner(model, llm=chat, max_requests=1, **how).fit(documents)
except BudgetError as error:
    print(error)

# %%
# After: what became of the words
# -------------------------------

refiner = LLMRefiner(model, llm=chat, max_requests=20, **how).fit(documents)
print(refiner.usage_)
print(refiner.refinement_report_.groupby("action").size())
refiner.get_topic_info().head(2)

# %%
# Words before and after, of two topics:

from skxtm.plotting import RefinementDisplay

display = RefinementDisplay.from_estimator(refiner, max_topics=2).plot()

# %%
# Without a model
# ---------------
#
# ``LLMRefiner(model)`` takes word vectors and lexicons in place of a language model, and costs nothing. What
# is asked, how answers are voted on, and what training makes of them: :doc:`/docs/refinement`. Names of
# topics are one request for ten topics, :doc:`edited topics <edited_topics>` has them.
#
# Overnight, at half the price
# ----------------------------
#
# Servers take files of requests, and answer within a day. ``BatchFiles`` in place of the chat model writes
# the file, says what to do with it, and reads the answers: :doc:`/docs/llm_servers`.

from skxtm.refinement import naming_requests

estimate = ChatSession(chat, prices=(0.30, 2.50)).estimate(naming_requests(model.get_topics(10)))
print(estimate)
