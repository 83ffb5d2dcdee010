"""A language teacher: it learns captions, and writes some for the social decoder."""

import csv
import json
import random

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from caption_model.errors import TrainingError
from caption_model.training.llm_teacher import train as module
from caption_model.training.llm_teacher.generate import GenerationSettings, generate_captions, write
from caption_model.training.llm_teacher.model import Language
from caption_model.training.llm_teacher.train import LlmTeacherTraining, lessons, train_llm_teacher
from caption_model.training.social.data import Example, Pairing
from caption_model.training.social.sources import SocialSources

END = "<|im_end|>"
TEXTS = ["my dog runs 🐶", "snow again", "so happy today ❤️", "my dog sleeps", "a walk in the snow"]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A language model of sixteen units that knows nothing yet."""
    folder = tmp_path_factory.mktemp("model")
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bare.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=300, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, eos_token=END)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
    )
    Language(LlamaForCausalLM(config), tokenizer).save(folder)
    return folder


@pytest.fixture
def language(start):
    return Language.load(str(start))


def test_a_lesson_holds_photo_and_tone_and_the_caption_with_its_end(language):
    told = language.lesson("my dog runs 🐶", "playful", "A dog is running .")
    assert language.tokenizer.decode(told.prompt) == "photo: a dog is running\nplayful:"
    assert language.tokenizer.decode(told.caption) == f" my dog runs 🐶{END}"
    assert language.tokenizer.decode(language.lesson("snow", "gram").prompt) == "instagram:"


def test_only_captions_cost_and_padding_costs_nothing(language):
    short, long = language.lesson("snow again", "gram"), language.lesson("so happy today ❤️", "gram", "a long story")
    with torch.no_grad():
        alone = [language.cost([one]) for one in (short, long)]
        both = language.cost([short, long])
    assert both[1] == len(short.caption) + len(long.caption) == alone[0][1] + alone[1][1]
    assert float(both[0]) == pytest.approx(float(alone[0][0] + alone[1][0]), rel=0.01)


def test_bits_are_of_graphemes(language):
    with torch.no_grad():
        nats, _ = language.cost([language.lesson("❤️👨‍👩‍👧", "gram")])
    assert language.bits(["❤️👨‍👩‍👧"]) == pytest.approx(float(nats) / 0.6931 / 3, rel=0.01), "two emojis and an end"


def test_weak_pairs_are_told_as_often_as_they_fit(language):
    fits, does_not = Example("snow again", "gram", "posts", (Pairing(0, 1.0),)), Example("my dog", "gram", "posts")
    batches = lessons(language, [fits, does_not] * 40, [["a snowy hill"]], LlmTeacherTraining(tokens=200))
    seen = [lesson for _ in range(40) for lesson in next(batches)]
    told = [language.tokenizer.decode(one.prompt).startswith("photo: a snowy hill") for one in seen]
    snowy = ["snow" in language.tokenizer.decode(one.caption) for one in seen]
    assert 0.7 < sum(told) / sum(snowy) < 1
    assert not any(tells and not is_snowy for tells, is_snowy in zip(told, snowy, strict=True))


def test_batches_hold_no_more_tokens_than_asked(language):
    random.seed(0)
    examples = [Example(" ".join(random.choices(TEXTS, k=k % 5 + 1)), "gram", "posts") for k in range(60)]
    batches = lessons(language, examples, [], LlmTeacherTraining(tokens=150))
    for batch in (next(batches) for _ in range(30)):
        longest = max(len(one.prompt) + len(one.caption) for one in batch)
        assert len(batch) == 1 or len(batch) * longest <= 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("taught")


@pytest.fixture(scope="module")
def sources(folder):
    posts = [f"{text} {number}" for number in range(60) for text in ("my dog runs 🐶", "snow again ❤️")]
    (folder / "posts.csv").write_text("caption\n" + "\n".join(posts) + "\n", encoding="utf-8")
    described = [("a.jpg", "a dog is running ."), ("a.jpg", "a brown dog ."), ("b.jpg", "a snowy hill .")]
    with (folder / "captions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "caption"), *described])
    return SocialSources((folder / "posts.csv",), images=folder, described=folder / "captions.csv")


@pytest.fixture(scope="module")
def taught(start, folder, sources):
    training = LlmTeacherTraining(steps=150, learning_rate=1e-2, tokens=400, warmup=3)
    return folder, train_llm_teacher(sources, str(start), folder / "teacher", folder / "run", training)


def test_it_learns_what_it_is_shown(start, taught):
    folder, facts = taught
    assert facts["held_out"] > 0
    assert facts["captions"] + facts["held_out"] == 120
    texts = ["my dog runs 🐶 61", "snow again ❤️ 62"]
    before, after = (Language.load(str(of)).bits(texts) for of in (start, folder / "teacher"))
    assert after < before / 2


def test_captions_are_written_of_photos_and_of_none(taught):
    folder, _ = taught
    out = folder / "written.csv"
    settings = GenerationSettings(captions=300, rows=16, described=0.5)
    count = generate_captions(str(folder / "teacher"), folder / "captions.csv", None, out, settings)
    with out.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["image", "caption"]
    assert len(rows) == count >= 300
    assert {name for name, _ in rows} == {"", "a.jpg", "b.jpg"}
    again = generate_captions(
        str(folder / "teacher"), folder / "captions.csv", None, out, GenerationSettings(captions=count + 1, rows=8)
    )
    assert again > count, "more are added to those that are there"


def test_what_does_not_end_in_time_is_dropped(language):
    prompts = [language.prompt("gram", None)] * 8
    assert write(language, prompts, GenerationSettings(tokens=1, candidates=1)) == [None] * 8


def test_a_batch_of_prompts_is_answered_row_by_row(taught):
    language = Language.load(str(taught[0] / "teacher"))
    prompts = [language.prompt("gram", text) for text in ("a b", "a c")]
    greedy = GenerationSettings(candidates=1)
    assert write(language, prompts, greedy) == [
        *write(language, prompts[:1], greedy),
        *write(language, prompts[1:], greedy),
    ]


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TrainingError, match="nothing-here is no language model"):
        Language.load(str(tmp_path / "nothing-here"))


def test_without_descriptions_there_is_nothing_to_tell(start, tmp_path):
    with pytest.raises(TrainingError, match="--captions"):
        train_llm_teacher(SocialSources((tmp_path / "p.csv",)), str(start), tmp_path, tmp_path, LlmTeacherTraining())


def weights(folder):
    return Language.load(str(folder)).model.state_dict()


def test_a_training_that_was_stopped_goes_on_where_it_was(start, sources, tmp_path, monkeypatch):
    training = LlmTeacherTraining(steps=12, learning_rate=1e-2, tokens=400, warmup=3)
    train_llm_teacher(sources, str(start), tmp_path / "whole", tmp_path / "run", training)
    monkeypatch.setattr(module, "SAVED_EVERY", 0.0)
    asked, cost = [], Language.cost

    def stopping(language, lessons):
        asked.append(lessons)
        if len(asked) == 12:
            raise KeyboardInterrupt
        return cost(language, lessons)

    monkeypatch.setattr(Language, "cost", stopping)
    with pytest.raises(KeyboardInterrupt):
        train_llm_teacher(sources, str(start), tmp_path / "parts", tmp_path / "parts.run", training)
    monkeypatch.setattr(Language, "cost", cost)
    facts = train_llm_teacher(sources, str(start), tmp_path / "parts", tmp_path / "parts.run", training)
    assert facts["steps"] == 12
    before, whole, parts = (weights(of) for of in (start, tmp_path / "whole", tmp_path / "parts"))
    for name, value in whole.items():
        assert torch.allclose(parts[name], value, atol=1e-4), name
    assert not all(torch.allclose(before[name], value, atol=1e-3) for name, value in whole.items())


def test_a_damaged_checkpoint_is_named(start, sources, tmp_path):
    (tmp_path / "run").mkdir()
    state = {"format": 2, "generation": 1, "last": "last-1.safetensors", "best": "", "state": {"step": 1}}
    (tmp_path / "run" / "state.json").write_text(json.dumps(state))
    (tmp_path / "run" / "last-1.safetensors").write_bytes(b"no tensors")
    with pytest.raises(TrainingError, match=f"checkpoint in {tmp_path / 'run'}"):
        train_llm_teacher(sources, str(start), tmp_path / "out", tmp_path / "run", LlmTeacherTraining(steps=1))
