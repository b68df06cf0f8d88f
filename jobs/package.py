"""Spack recipe of reslice: put it into a repository of your own as packages/reslice/package.py.

    spack repo create ~/spack-own own && spack repo add ~/spack-own
    mkdir -p ~/spack-own/packages/reslice && cp jobs/package.py ~/spack-own/packages/reslice/
    spack install reslice ^openmpi schedulers=slurm
"""
from spack.package import *


class Reslice(CMakePackage):
    """Trains fixed-point neural networks with sparse bit slices data-parallel over MPI, maps them to
    ReRAM crossbars and finds the ADC that each slice needs."""

    homepage = "https://arxiv.org/abs/1909.08496"
    # git = "https://…/reslice.git"     where your copy of the source is; or spack dev-build
    license("MIT")

    version("main", branch="main")

    variant("portable", default=False, description="Leave out the AVX2 and AVX-512 kernels")

    depends_on("c", type="build")
    depends_on("cmake@3.18:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10: +mpi +hl")
    depends_on("openblas threads=none")
    depends_on("libyaml")
    depends_on("protobuf-c")  # reslice import of ONNX files
    depends_on("zlib-api")
    depends_on("gnuplot", type="run")

    def cmake_args(self):
        return [
            self.define("RESLICE_TESTS", False),
            self.define_from_variant("RESLICE_PORTABLE", "portable"),
        ]

    def setup_run_environment(self, env):
        env.set("OPENBLAS_NUM_THREADS", "1")  # ranks are the parallelism
