# Pulls MODEL into Ollama's store and compares its MANIFEST with the pinned DIGEST: in a Job, and while an image is built.
# The client needs a server, which listens to itself only; both end with this script.
ollama serve &
until ollama list > /dev/null 2>&1; do
  kill -0 $!
  sleep 1
done
ollama pull "$MODEL"
found=$(sha256sum "$MANIFEST" | cut -d ' ' -f 1)
echo "$MODEL has the digest $found"
if [ -n "$DIGEST" ] && [ "$found" != "$DIGEST" ]; then
  echo "but $DIGEST is pinned: it was pushed anew; look at what changed, then pin the new digest" >&2
  rm "$MANIFEST"
  exit 1
fi
