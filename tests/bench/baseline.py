#!/usr/bin/python3
"""baseline.py TRAIN TEST ... - a linear SVM on TF-IDF, to be ahead of

Words 1-2 and characters 3-5 within words, sublinear, side by side, LinearSVC
with C = 1.  Prints for each pair of files 'in-scope accuracy, recall of the
out-of-scope label, MCC over all'.  The label named by OUTSIDE is a class of
its own where examples teach it; where none do, the margin below which a text
counts as outside is the one that MCC_CUT, a share of the training folds, names.
"""
