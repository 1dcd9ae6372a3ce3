# The image of web server, worker and clock; docker-compose.yml says which is which.
FROM python:3.13-slim AS packages
WORKDIR /app
COPY pyproject.toml requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --quiet --constraint requirements.lock .

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=aicc.settings \
    AICC_HOME=/var/lib/aicc
RUN useradd --system --home-dir /var/lib/aicc --create-home aicc \
    && install --directory --owner=aicc --group=aicc --mode=0700 /var/lib/aicc-keys
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
USER aicc
# Recordings, archives and collected static files; the keys of personal data, apart from what they open.
VOLUME /var/lib/aicc /var/lib/aicc-keys
EXPOSE 8000
CMD ["gunicorn", "--config=python:aicc.gunicorn", "--bind=0.0.0.0:8000", "aicc.wsgi"]
