# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a server by the openai package: serve_check.py URL TOKEN. One line a question, exit code 1 where one fails."""

import sys
import time

import openai

url, token = sys.argv[1:]
client = openai.OpenAI(base_url=url, api_key=token, max_retries=0, timeout=60)
chat = {"model": "served", "messages": [{"role": "user", "content": "Who ran?"}], "max_tokens": 24}
failures = 0


def question(name, ask):
    """`ask` returns what to print, or fails by an assertion."""
    global failures
    start = time.time()
    try:
        told = ask()
    except Exception as error:  # whatever it is, the answer was not as it should be
        failures += 1
        told = f"FAILED {type(error).__name__}: {error}"
    print(f"{name:44} {time.time() - start:6.2f} s  {told}")


def refused(kind, part, **fields):
    try:
        client.chat.completions.create(**{**chat, **fields})
    except kind as error:
        assert part in str(error), error
        return f"{error.status_code}: {error.body['message']}"
    raise AssertionError("it was answered")


def models():
    names = [model.id for model in client.models.list()]
    assert names == ["served"], names
    return ", ".join(names)


def whole():
    answer = client.chat.completions.create(**chat, temperature=0)
    assert answer.choices[0].message.role == "assistant" and answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    return f"{answer.usage.prompt_tokens} + {answer.usage.completion_tokens} tokens, {answer.choices[0].finish_reason}"


def streamed():
    expected = client.chat.completions.create(**chat, temperature=0).choices[0].message.content
    text, usage, parts = "", None, 0
    for part in client.chat.completions.create(
        **chat, temperature=0, stream=True, stream_options={"include_usage": True}
    ):
        parts += 1
        usage = part.usage or usage
        text += "".join(choice.delta.content or "" for choice in part.choices)
    assert text == expected, (text, expected)
    return f"{parts} parts, {usage.completion_tokens} tokens, the text of the whole answer"


def probabilities():
    answer = client.chat.completions.create(**chat, temperature=0, logprobs=True, top_logprobs=5)
    tokens = answer.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == answer.choices[0].message.content
    assert all(len(token.top_logprobs) == 5 and token.top_logprobs[0].logprob == token.logprob for token in tokens)
    return f"{len(tokens)} tokens with 5 beside each"


def seeds():
    texts = [
        client.chat.completions.create(**chat, temperature=1.2, top_p=0.9, seed=seed).choices[0].message.content
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2], texts
    return "seed 1 twice the same, seed 2 another"


def stops():
    free = client.completions.create(model="served", prompt="Once upon a time", max_tokens=24, temperature=0)
    stop = free.choices[0].text[8:11]
    cut = client.completions.create(model="served", prompt="Once upon a time", max_tokens=24, temperature=0, stop=[stop])
    assert cut.choices[0].text == free.choices[0].text[: free.choices[0].text.index(stop)], cut
    assert cut.choices[0].finish_reason == "stop"
    return f"ended before {stop!r}"


def text_probabilities():
    answer = client.completions.create(model="served", prompt="Once", max_tokens=6, temperature=0, logprobs=3)
    told = answer.choices[0].logprobs
    assert len(told.tokens) == len(told.token_logprobs) == len(told.top_logprobs) == len(told.text_offset) == 6
    return f"{len(told.tokens)} tokens, 3 beside each"


def left():
    stream = client.chat.completions.create(**{**chat, "max_tokens": 400}, stream=True)
    next(iter(stream))
    stream.close()
    return "the next question was answered: " + whole()


def stranger():
    try:
        openai.OpenAI(base_url=url, api_key="wrong", max_retries=0).models.list()
    except openai.AuthenticationError as error:
        return f"{error.status_code}: {error.body['message']}"
    raise AssertionError("it was answered")


print(f"openai {openai.__version__}")
question("models", models)
question("chat", whole)
question("chat, streamed with usage", streamed)
question("chat, logprobs and top_logprobs", probabilities)
question("chat, temperature, top_p and seed", seeds)
question("completions, stop", stops)
question("completions, logprobs", text_probabilities)
question("a client that leaves in the middle", left)
question("another model", lambda: refused(openai.NotFoundError, "not served here", model="gpt-4"))
question("n=2", lambda: refused(openai.BadRequestError, "n is not supported", n=2))
question("tools", lambda: refused(openai.BadRequestError, "tools is not supported", tools=[{"type": "function"}]))
question(
    "a prompt beyond the context",
    lambda: refused(openai.BadRequestError, "the model takes", messages=[{"role": "user", "content": "cat " * 100000}]),
)
question("a wrong token", stranger)
sys.exit(1 if failures else 0)
