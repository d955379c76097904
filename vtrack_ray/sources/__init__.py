"""Where videos come from: what lies in a source, here, at Google Drive or behind the head's service. Knows the
meaning, the settings and Drive's client, and nothing of what a video shows."""
