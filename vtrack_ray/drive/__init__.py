"""Google Drive as the account that is signed in may use it: knows requests and answers, no videos and no events."""

import warnings

# Google's libraries tell whoever imports them which Python versions they will leave in a year: no user can act on it.
warnings.filterwarnings("ignore", "You are using a Python version", FutureWarning)
