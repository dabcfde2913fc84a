.DEFAULT_GOAL := help
VENV := .venv
IN_VENV := $(VENV)/bin/python
ADDRESS ?= 127.0.0.1:8000
# One more process than cores: tests wait for browsers and servers for a quarter of their time.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell python3 -c "import os; print((os.cpu_count() or 1) + 1)")

help:  ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

# A show of one's own has its own database and pictures, named after its directory.
ifdef SHOW
NAME := $(notdir $(patsubst %/,%,$(SHOW)))
export DATASET_DIR := $(abspath $(SHOW))
export DATABASE_URL ?= sqlite:///$(CURDIR)/var/$(NAME).sqlite3
export MEDIA_ROOT ?= $(CURDIR)/var/$(NAME)-media
export ARCHIVE_ROOT ?= $(CURDIR)/var/$(NAME)-archive
export NAMESPACE ?= $(shell printf %.40s '$(NAME)' | tr -c 'A-Za-z0-9_-' '-')
endif

run: $(VENV)/.installed  ## install, migrate, load the data set (SHOW=DIR) and serve at http://127.0.0.1:8000
	$(IN_VENV) manage.py migrate --verbosity 0
	$(IN_VENV) manage.py load_dataset $(if $(SHOW),,--if-empty)
	@$(IN_VENV) manage.py demo_logins --address $(ADDRESS)
	SITE_URL=$${SITE_URL:-http://$(ADDRESS)} $(IN_VENV) manage.py runserver $(ADDRESS)

test: $(VENV)/.installed-dev  ## install what tests need and run them, without the exhaustive ones
	$(IN_VENV) -m pytest -n auto --dist worksteal -m "not laws"

laws: $(VENV)/.installed-dev  ## run the exhaustive tests: every address at every episode, random shows, every look
	$(IN_VENV) -m pytest -n auto --dist worksteal -m laws

everything: $(VENV)/.installed-dev  ## run both in one go, as CI does on each database
	$(IN_VENV) -m pytest -n auto --dist worksteal

fuzz: $(VENV)/.installed-dev  ## send 20,000 requests and 5,000 pictures that nobody means (FUZZ_SEED=2 for others)
	FUZZ_REQUESTS=$${FUZZ_REQUESTS:-20000} FUZZ_PICTURES=$${FUZZ_PICTURES:-5000} $(IN_VENV) -m pytest -n auto tests/fuzz

validator: $(VENV)/vnu.jar  ## fetch the checker of HTML, which `make laws` runs if it is there (needs npm and Java)

lint: $(VENV)/.installed-dev  ## ruff, mypy, and migrations that are missing
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	DEBUG=true $(VENV)/bin/mypy --no-incremental .
	$(IN_VENV) manage.py makemigrations --check --dry-run --verbosity 0

bench: $(VENV)/.installed  ## measure the site against itself and against plain SQL, or some of it (PARTS="pages scale")
	$(IN_VENV) -m bench $(PARTS)

drawings: $(VENV)/.installed  ## draw the planet, the icons, the card and the plates of the data set anew
	$(IN_VENV) -m drawings

typefaces: $(VENV)/.installed  ## cut the Japanese and the bold letters anew, for the texts of the data set (needs npm)
	$(VENV)/bin/pip install --quiet fonttools~=4.60 brotli
	$(IN_VENV) -m drawings.typefaces

screenshots: $(VENV)/.installed-dev  ## take the pictures in docs/screenshots anew (needs Chromium)
	$(IN_VENV) -m docs.screenshots.take

requirements: $(VENV)/.installed-dev  ## compile the pinned, hashed requirement files from pyproject.toml
	$(VENV)/bin/pip install --quiet uv
	for group in base s3 sentry dev; do \
	  case $$group in \
	    base) with= ;; \
	    dev) with="--all-extras --group dev" ;; \
	    *) with="--extra $$group" ;; \
	  esac; \
	  $(VENV)/bin/uv pip compile pyproject.toml $$with --universal \
	    --python-version 3.12 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements/$$group.txt || exit 1; \
	done

clean:  ## remove the virtual environment and all local data
	rm -rf $(VENV)
	find var -mindepth 1 ! -name .gitkeep -delete

$(VENV)/bin/python:
	@sh deploy/make-venv $(VENV)

$(VENV)/.installed: requirements/base.txt | $(VENV)/bin/python
	$(IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt | $(VENV)/bin/python
	$(IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/.installed

$(VENV)/vnu.jar: tests/html/get-validator | $(VENV)/bin/python
	tests/html/get-validator $(VENV)

.PHONY: help run test laws everything fuzz lint bench drawings typefaces screenshots validator requirements clean
