"""Distillation: a plain VGG16 learns to see from stronger teachers, without labels.

frames (photos → pixels on disk) → teachers (pixels → grids) → targets (grids → what is regressed) → student and loop
(pixels and targets → VGG16 with batch norm) → fold, quantise, bundle.
"""
