# The fake gateway in a container: docker build -t omixa-mock . && docker run -p 6649:6649 omixa-mock
FROM python:3.13-alpine AS build
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir --prefix=/installed .

FROM python:3.13-alpine
COPY --from=build /installed /usr/local
USER 65534:65534
# Beyond the container's own loopback, control routes are off without OMIXA_MOCK_CONTROL_TOKEN.
ENV OMIXA_MOCK_HOST=0.0.0.0 OMIXA_MOCK_PORT=6649 PYTHONDONTWRITEBYTECODE=1
EXPOSE 6649
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD omixa-mock health
ENTRYPOINT ["omixa-mock"]
CMD ["serve"]
