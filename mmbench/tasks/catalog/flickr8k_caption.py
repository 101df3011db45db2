"""Flickr8k: captions of pictures."""

from mmbench.tasks.kinds.captioning import caption_task

TASK = caption_task("flickr8k", "Flickr8k", split="test")
