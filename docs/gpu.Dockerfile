# Explained in gpu.md.
FROM eclipse-temurin:17-jdk-noble
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/libtorch \
    && /opt/libtorch/bin/pip install --no-cache-dir torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128 \
    && ln -s /opt/libtorch/lib/python3.12/site-packages /opt/site
ENV PYTORCH_LIBRARY_PATH=/opt/site/torch/lib \
    PYTORCH_FLAVOR=cu128 \
    JAVA_TOOL_OPTIONS="-Djna.library.path=/opt/site/nvidia/cuda_runtime/lib -Dai.djl.offline=true" \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /opt/trainer4j
COPY . .
RUN ./mvnw -q -Pcuda -DskipTests install
CMD ["./mvnw", "-q", "-Pcuda", "compile", "exec:java", "-pl", "trainer-examples", "-am", "-Dexec.mainClass=dev.trainer4j.examples.VerifyGpu"]
