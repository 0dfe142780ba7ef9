import pytest
from hypothesis import given
from hypothesis import strategies as st

from skxtm.llm import ChatRequest, Estimate
from skxtm.llm.accounting import Ledger, estimated_input_tokens, input_token_bound


@pytest.mark.parametrize(
    ("text", "n_tokens"),
    [
        ("a" * 40, 10),
        ("雨が降る", 4),
        ("한국어", 3),
        ("привет", 3),
        ("a" * 8 + "雨" * 2 + "é" * 2, 5),
        ("", 0),
    ],
)
def test_tokens_are_estimated_by_script(text, n_tokens):
    assert estimated_input_tokens(ChatRequest((("user", text),))) == n_tokens + 4


def test_a_schema_takes_tokens_too():
    plain = ChatRequest((("user", "a"),))
    with_schema = ChatRequest((("user", "a"),), schema={"type": "object"})
    assert estimated_input_tokens(with_schema) > estimated_input_tokens(plain)
    assert input_token_bound(with_schema) > input_token_bound(plain) + len('{"type": "object"}') - 1


@given(st.text(max_size=20), st.none() | st.text(max_size=20))
def test_the_bound_holds_for_either_form(text, plain):
    forms = [text, plain or ""]
    request = ChatRequest((("user", text),), plain_messages=None if plain is None else (("user", plain),))
    n_bytes = max(len(form.encode("utf-8", "surrogatepass")) for form in forms)
    assert input_token_bound(request) == n_bytes + 32
    assert input_token_bound(request) >= estimated_input_tokens(ChatRequest((("user", text),)))


def test_without_prices_there_is_no_cost():
    assert Ledger().cost(10, 10) is None
    assert Ledger().usage().cost is None
    assert str(Estimate(1200, 0, 5000, 10)) == (
        "1,200 requests to send, 0 answered from the cache; about 5,000 input and 10 output tokens"
    )
