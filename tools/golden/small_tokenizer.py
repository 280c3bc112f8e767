"""A small CLIP tokenizer, and what transformers encodes with it."""

import json
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers, Regex
from transformers import CLIPTokenizer
from transformers.models.clip.tokenization_clip import CLIPTokenizer as Reference

CORPUS = [
    "a photo of a cat", "a photo of two cats", "a drawing of a dog", "the dog's bone isn't here",
    "a banana and an apple", "bananas, apples & oranges!", "une photo d'un café", "a red car on the street",
    "3 dogs in 2023", "a small house by the sea", "colourful birds over the house", "they've seen it",
]

CAPTIONS = [
    "a photo of a cat",
    "A  Photo\tof a   CAT",
    "the dog's bone isn't here, they've said",
    "bananas & apples!!!",
    "café, cafe\u0301",
    "日本語 and émoji 🍌🍌",
    "2023 is 4 digits",
    "",
    "an extremely long caption that does not fit into the context of this small model at all, does it",
    "x<|endoftext|>y",
    "under_score-hyphen/slash",
    "ÀÉÎ Straße ﬁ",
]


def small_tokenizer(context: int, vocab_size: int = 600) -> CLIPTokenizer:
    """Learns a byte-level BPE with CLIP's splitting and hands its tables to transformers' own class."""
    shape = Reference()
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    trained.normalizer = shape._tokenizer.normalizer
    trained.pre_tokenizer = shape._tokenizer.pre_tokenizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, end_of_word_suffix="</w>", initial_alphabet=sorted(alphabet), show_progress=False
    )
    trained.train_from_iterator(CORPUS, trainer)
    learnt = json.loads(trained.to_str())["model"]
    merges = [tuple(pair) for pair in learnt["merges"]]
    tokens = sorted(alphabet) + [c + "</w>" for c in sorted(alphabet)] + ["".join(pair) for pair in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: index for index, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=context)


def write_tokens(path: Path, tokenizer: CLIPTokenizer, context: int) -> None:
    ids = tokenizer(CAPTIONS, padding="max_length", truncation=True, max_length=context)["input_ids"]
    pieces = [tokenizer.tokenize(caption) for caption in CAPTIONS]
    path.write_text(json.dumps({"captions": CAPTIONS, "ids": ids, "tokens": pieces}, indent=1) + "\n")
