#!/usr/bin/python3
"""baseline.py TRAIN TEST OUTSIDE - a linear SVM to be ahead of

Words 1-2 and characters 3-5 within words, sublinear TF-IDF side by side,
LinearSVC with C = 1.  Prints the share of TEST that is right, without the
examples of the label OUTSIDE, and the share of those that is.
"""
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def load(path):
    with open(path, encoding="utf-8") as f:
        return zip(*(line.rstrip("\n").split("\t", 1) for line in f))


labels, texts = load(sys.argv[1])
svm = make_pipeline(make_union(
    TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5),
                    sublinear_tf=True)), LinearSVC())
svm.fit(texts, labels)
labels, texts = load(sys.argv[2])
hits = {True: [], False: []}
for is_, said in zip(labels, svm.predict(texts)):
    hits[is_ == sys.argv[3]].append(is_ == said)
print(" ".join("%.4f" % (sum(h) / len(h)) if h else "-"
               for h in (hits[False], hits[True])))
