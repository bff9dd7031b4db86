# what diffs and elements have in common: it offers what its twin in Python offers, with the same types.

from .views_py import FlatView as FlatView
from .views_py import View as View
from .views_py import element_at as element_at
from .views_py import know_class as know_class
from .views_py import touch as touch

__all__ = ["FlatView", "View", "element_at", "know_class", "touch"]
