"""Run nise as its own command does, but make the same reports each time: it draws from random and Faker.

Runs in the environment of tests/nise/requirements.lock; arguments are those of nise.
"""

import random

from faker import Faker
from nise.__main__ import main

random.seed(7)
Faker.seed(7)
main()
