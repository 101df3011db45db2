"""Flickr30k: captions of pictures."""

from mmbench.tasks.kinds.captioning import caption_task

TASK = caption_task("flickr30k", "Flickr30k", split="test")
