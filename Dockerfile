# docker build --tag footnote . && docker run --env DISCORD_TOKEN --volume footnote:/library footnote
# Then, for what members are to ask: docker exec CONTAINER footnote add URL
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 footnote && install --directory --owner footnote /library
WORKDIR /home/footnote

# The second index has torch without CUDA, which saves several gigabytes.
COPY pyproject.toml constraints.txt README.md LICENSE ./source/
COPY articles ./source/articles
COPY bot ./source/bot
COPY index ./source/index
COPY prompts ./source/prompts
RUN python -m pip install --no-cache-dir --constraint source/constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu './source[llm,postgres]' \
    && rm -r source

USER footnote
ENV FOOTNOTE_LIBRARY=/library FOOTNOTE_HEALTH=127.0.0.1:9090 HF_HUB_OFFLINE=1
VOLUME /library
HEALTHCHECK --start-period=2m CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9090/healthz', timeout=3)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["footnote"]
CMD ["serve"]
