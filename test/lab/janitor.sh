#!/bin/bash
# janitor.sh DIRECTORY — removes a lab's directory when its standard input ends, that is, when its owner says so or dies.
# The hosts die at the same moment; until the last of them is gone, files may still appear.
cat >/dev/null
for _ in {1..100}; do
  rm -rf --one-file-system "$1" 2>/dev/null && exit
  sleep 0.1
done
